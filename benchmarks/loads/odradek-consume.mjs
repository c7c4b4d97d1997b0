// odradek-consume.mjs BOOTSTRAP TOPIC RECORDS     From the first record to the last, values read.
import { Kafka } from '@odradek/client'

const [bootstrapServers, topic, count] = process.argv.slice(2)
const records = Number(count)
const kafka = new Kafka({ bootstrapServers })
const consumer = kafka.consumer({ groupId: `bench-${process.pid}`, autoOffsetReset: 'earliest', maxPollRecords: 5000 })
await consumer.subscribe([topic])
let received = 0
let bytes = 0
let start
while (received < records) {
  const batch = await consumer.poll(1000)
  if (batch.length > 0) start ??= performance.now()
  for (const record of batch) bytes += record.value.length
  received += batch.length
}
const seconds = (performance.now() - start) / 1000
await consumer.close()
await kafka.close()
if (bytes !== records * 100) throw new Error(`${bytes} bytes in ${received} records`)
console.log(JSON.stringify({ recordsPerSecond: records / seconds }))
