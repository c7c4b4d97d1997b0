/** PostgreSQL in this process: what has been handled, where to go on, and the balances, which are the effect. */

import { PGlite, type Transaction } from '@electric-sql/pglite'
import type { OnceStore } from '@odradek/client'

export const database: PGlite = new PGlite()
await database.exec(`
  CREATE TABLE handled (id text PRIMARY KEY);
  CREATE TABLE offsets (topic text, partition int, next bigint, PRIMARY KEY (topic, partition));
  CREATE TABLE balances (account text PRIMARY KEY, cents bigint NOT NULL);
`)

export const store: OnceStore<Transaction> = {
  transaction: (work) => database.transaction(work),
  async claim(tx, id) {
    const { affectedRows } = await tx.query('INSERT INTO handled VALUES ($1) ON CONFLICT DO NOTHING', [id])
    return affectedRows === 1
  },
  async saveOffset(tx, { topic, partition, offset }) {
    // A member that has lost the partition may come late: the place never goes back.
    const next = 'GREATEST(offsets.next, excluded.next)'
    const upsert = `INSERT INTO offsets VALUES ($1, $2, $3) ON CONFLICT (topic, partition) DO UPDATE SET next = ${next}`
    await tx.query(upsert, [topic, partition, offset])
  },
}
