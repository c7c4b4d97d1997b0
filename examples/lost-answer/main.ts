/**
 * What if the broker writes a record and its answer is lost? The producer must send again. Without idempotence the record is then there twice; with it the
 * broker knows the producer's id and the record's sequence number, and acknowledges without writing.
 * npm run example -- lost-answer      (on a broker of its own: it makes the fault happen)
 */

import { startBroker } from '@odradek/broker'
import { Kafka, string } from '@odradek/client'
import { produce } from '@odradek/protocol'

for (const enableIdempotence of [false, true]) {
  await using broker = await startBroker({ topics: { payments: {} } })
  let requests = 0
  broker.intercept(produce, async ({ proceed, disconnect }) => {
    requests += 1
    const answer = await proceed()
    if (requests === 1) disconnect()
    return answer
  })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })

  const producer = kafka.producer({ enableIdempotence })
  const { offset } = await producer.send({ topic: 'payments', value: 'pay 100' })

  const consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest' })
  await consumer.assign([{ topic: 'payments', partition: 0 }])
  const [end] = await consumer.endOffsets([{ topic: 'payments', partition: 0 }])
  console.log(
    `enable.idempotence=${enableIdempotence}: sent once, requests ${requests}, acknowledged at offset ${offset}, records in the log: ${end?.offset}`,
  )
}
