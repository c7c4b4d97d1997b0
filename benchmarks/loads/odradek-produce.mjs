// odradek-produce.mjs BOOTSTRAP TOPIC RECORDS batch|single
import { Kafka } from '@odradek/client'

const [bootstrapServers, topic, count, mode] = process.argv.slice(2)
const records = Number(count)
const kafka = new Kafka({ bootstrapServers })
const producer = kafka.producer({ lingerMs: 5, batchSize: 65_536 })
const payloads = Array.from({ length: 1000 }, (_, n) => Buffer.alloc(100, String.fromCharCode(97 + (n % 26))))
await producer.partitionsFor(topic)

async function sendArrays(size, outstanding) {
  let next = 0
  const worker = async () => {
    while (next < records) {
      const length = Math.min(size, records - next)
      const from = next
      next += length
      await producer.sendBatch(Array.from({ length }, (_, n) => ({ topic, value: payloads[(from + n) % 1000] })))
    }
  }
  await Promise.all(Array.from({ length: outstanding }, worker))
}

async function sendSingly(outstanding) {
  let next = 0
  const worker = async () => {
    while (next < records) {
      const n = next++
      await producer.send({ topic, key: `key-${n % 10_000}`, value: payloads[n % 1000] })
    }
  }
  await Promise.all(Array.from({ length: outstanding }, worker))
}

const start = performance.now()
if (mode === 'batch') await sendArrays(5000, 4)
// Java and librdkafka fill a buffer of 64 MB: far more outstanding.
else await sendSingly(20_000)
const seconds = (performance.now() - start) / 1000
await kafka.close()
console.log(JSON.stringify({ recordsPerSecond: records / seconds }))
