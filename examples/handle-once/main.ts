/**
 * How do effects outside Kafka happen once? The event's id, the effect and the next offset are one transaction of the database: here PostgreSQL,
 * as WebAssembly in this process.
 * npm run example -- handle-once
 */

import { PGlite, type Transaction } from '@electric-sql/pglite'
import { handleOnce, json, type OnceStore, string } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'

interface Payment {
  readonly id: string
  readonly account: string
  readonly cents: number
}

const database = new PGlite()
await database.exec(`
  CREATE TABLE handled (id text PRIMARY KEY);
  CREATE TABLE offsets (topic text, partition int, next bigint, PRIMARY KEY (topic, partition));
  CREATE TABLE balances (account text PRIMARY KEY, cents bigint NOT NULL);
`)

const store: OnceStore<Transaction> = {
  transaction: (work) => database.transaction(work),
  async claim(tx, id) {
    const { affectedRows } = await tx.query('INSERT INTO handled VALUES ($1) ON CONFLICT DO NOTHING', [id])
    return affectedRows === 1
  },
  async saveOffset(tx, { topic, partition, offset }) {
    const upsert = 'INSERT INTO offsets VALUES ($1, $2, $3) ON CONFLICT (topic, partition) DO UPDATE SET next = excluded.next'
    await tx.query(upsert, [topic, partition, offset])
  },
}

await using cluster = await openCluster()
const topic = await cluster.createTopic('payments', 1)
const producer = cluster.kafka.producer({ key: string, value: json<Payment>() })
const payments = Array.from({ length: 10 }, (_, index) => ({ id: `payment-${index}`, account: 'ada', cents: 100 }))
// The application has sent payment 3 twice: two records, which no Kafka can tell apart from two payments.
for (const payment of [...payments, ...payments.slice(3, 4)]) await producer.send({ topic, key: payment.account, value: payment })

let crashAfter = 6
let handedOver = 0
const once = handleOnce<string, Payment, Transaction>({
  store,
  idOf: ({ value, offset }) => value?.id ?? `offset ${offset}`,
  async handle({ value }, tx) {
    if (value === null) return
    const upsert = 'INSERT INTO balances VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET cents = balances.cents + excluded.cents'
    await tx.query(upsert, [value.account, value.cents])
    // In the middle of a transaction, with the money booked.
    if (crashAfter-- === 0) throw new Error('crashed')
  },
})

/** A consumer that commits nothing to Kafka: it dies, or reads to the end. */
async function consume(name: string, fromDatabase: boolean): Promise<void> {
  const group = { groupId: cluster.named(name), enableAutoCommit: false, autoOffsetReset: 'earliest' } as const
  const consumer = cluster.kafka.consumer({ key: string, value: json<Payment>(), ...group })
  await consumer.subscribe([topic], {
    async onAssigned() {
      if (!fromDatabase) return
      const { rows } = await database.query<{ partition: number; next: number }>('SELECT partition, next FROM offsets WHERE topic = $1', [
        topic,
      ])
      for (const { partition, next } of rows) consumer.seek({ topic, partition, offset: Number(next) })
    },
  })
  let count = 0
  let ended = 'read to the end'
  try {
    while (count === 0 || (consumer.currentLag({ topic, partition: 0 }) ?? 1) > 0) {
      for (const record of await consumer.poll(200)) {
        count += 1
        await once(record)
      }
      if (fromDatabase && consumer.assignment().length > 0 && (await consumer.position({ topic, partition: 0 })) === 11) break
    }
  } catch (error) {
    ended = String(error)
  }
  handedOver += count
  await consumer.close()
  const { rows } = await database.query<{ cents: number }>('SELECT cents FROM balances')
  console.log(`${name}: was handed ${count} records, ${ended}; the balance is ${rows[0]?.cents ?? 0} cents`)
}

await consume('first', false)
await consume('second', false)
await consume('third', true)
console.log(`${payments.length} payments of 100 cents in ${payments.length + 1} records, which were handed over ${handedOver} times`)
await database.close()
