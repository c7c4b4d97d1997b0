/**
 * Can a retry change the order? Without idempotence yes, as soon as several requests are under way: the first is refused, those behind it are not,
 * and its retry comes last. With idempotence the broker refuses what arrives too early, and the producer sends it again in order.
 * npm run example -- reordering      (on a broker of its own: it makes the fault happen)
 */

import { startBroker } from '@odradek/broker'
import { Kafka, string } from '@odradek/client'
import { ErrorCodes, produce } from '@odradek/protocol'

for (const enableIdempotence of [false, true]) {
  await using broker = await startBroker({ topics: { steps: {} } })
  let refused = 0
  broker.intercept(produce, ({ request, proceed }) => {
    if (refused > 0) return proceed()
    refused += 1
    const refuse = ({ index }: { index: number }) => ({
      index,
      errorCode: ErrorCodes.NOT_ENOUGH_REPLICAS,
      baseOffset: -1,
      recordErrors: [],
    })
    return {
      responses: request.topicData.map(({ partitionData, ...topic }) => ({ ...topic, partitionResponses: partitionData.map(refuse) })),
    }
  })
  await using kafka = new Kafka({
    bootstrapServers: broker.bootstrapServers,
    logger: { warn: (message) => console.log(`  the client warns: ${message}`) },
  })

  console.log(`enable.idempotence=${enableIdempotence}, max.in.flight.requests.per.connection=5`)
  // Each record a request of its own.
  const producer = kafka.producer({ enableIdempotence, batchSize: 0, lingerMs: 0 })
  await producer.partitionsFor('steps')
  await Promise.all(['1', '2', '3', '4', '5'].map((value) => producer.send({ topic: 'steps', value })))

  const consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest' })
  await consumer.assign([{ topic: 'steps', partition: 0 }])
  const values: (string | null)[] = []
  while (values.length < 5) values.push(...(await consumer.poll()).map(({ value }) => value))
  console.log(`  sent 1 2 3 4 5, requests refused: ${refused}, in the log: ${values.join(' ')}`)
}
