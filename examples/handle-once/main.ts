/**
 * How do effects outside Kafka happen once? The event's id, the effect and the next offset are one transaction of the database: here PostgreSQL,
 * as WebAssembly in this process.
 * npm run example -- handle-once
 */

import type { Transaction } from '@electric-sql/pglite'
import type { ConsumerRecord } from '@odradek/client'
import { handleOnce, json, string } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'
import { database, store } from './database.ts'

interface Payment {
  readonly id: string
  readonly account: string
  readonly cents: number
}

await using cluster = await openCluster()
const topic = await cluster.createTopic('payments', 1)
const producer = cluster.kafka.producer({ key: string, value: json<Payment>() })
const payments = Array.from({ length: 10 }, (_, index) => ({ id: `payment-${index}`, account: 'ada', cents: 100 }))
// The application has sent payment 3 twice: two records, which no Kafka can tell apart from two payments.
for (const payment of [...payments, ...payments.slice(3, 4)]) await producer.send({ topic, key: payment.account, value: payment })

let crashAfter = 6
let handedOver = 0
let late: ConsumerRecord<string, Payment> | undefined
const once = handleOnce<string, Payment, Transaction>({
  store,
  idOf: ({ value }) => value?.id,
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
        late ??= record
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
// A member that has lost the partition, and does not know it yet, comes late with a record: its id is known, and the place stays.
if (late !== undefined) await once(late)
await consume('third', true)
console.log(`${payments.length} payments of 100 cents in ${payments.length + 1} records, which were handed over ${handedOver} times`)
await database.close()
