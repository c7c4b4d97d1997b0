// kafkajs-consume.mjs BOOTSTRAP TOPIC RECORDS     eachBatch, its fastest way.
import { Kafka, logLevel } from 'kafkajs'

const [bootstrapServers, topic, count] = process.argv.slice(2)
const records = Number(count)
const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `bench-${process.pid}`, maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
let received = 0
let bytes = 0
let start
await new Promise((done, failed) => {
  consumer
    .run({
      eachBatch: async ({ batch }) => {
        start ??= performance.now()
        for (const message of batch.messages) bytes += message.value.length
        received += batch.messages.length
        if (received >= records) done()
      },
    })
    .catch(failed)
})
const seconds = (performance.now() - start) / 1000
await consumer.disconnect()
if (bytes !== records * 100) throw new Error(`${bytes} bytes in ${received} records`)
console.log(JSON.stringify({ recordsPerSecond: records / seconds }))
