// kafkajs-produce.mjs BOOTSTRAP TOPIC RECORDS     Arrays of 5,000 with four outstanding, its best use.
import { Kafka, logLevel } from 'kafkajs'

const [bootstrapServers, topic, count] = process.argv.slice(2)
const records = Number(count)
const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
const producer = kafka.producer()
const payloads = Array.from({ length: 1000 }, (_, n) => Buffer.alloc(100, String.fromCharCode(97 + (n % 26))))
await producer.connect()

let next = 0
async function worker() {
  while (next < records) {
    const length = Math.min(5000, records - next)
    const from = next
    next += length
    await producer.send({ topic, messages: Array.from({ length }, (_, n) => ({ key: null, value: payloads[(from + n) % 1000] })) })
  }
}
const start = performance.now()
await Promise.all([worker(), worker(), worker(), worker()])
const seconds = (performance.now() - start) / 1000
await producer.disconnect()
console.log(JSON.stringify({ recordsPerSecond: records / seconds }))
