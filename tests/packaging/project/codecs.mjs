// Run by the packaging test inside an empty project: every codec there and back on the broker at argv[2]; prints `codecs ok`.

import assert from 'node:assert/strict'
import { Kafka, string } from '@odradek/client'

const kafka = new Kafka({ bootstrapServers: process.argv[2] })
const serdes = { key: string, value: string }
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const text = 'a sentence that repeats itself. '.repeat(50)
for (const compressionType of codecs) {
  const producer = kafka.producer({ ...serdes, compressionType })
  await Promise.all(Array.from({ length: 20 }, (_, n) => producer.send({ topic: 'codecs', key: compressionType, value: `${n} ${text}` })))
  await producer.close()
}
const consumer = kafka.consumer({ ...serdes, groupId: `installed-${process.version}-${process.pid}`, autoOffsetReset: 'earliest' })
await consumer.subscribe(['codecs'])
const counts = new Map()
while (codecs.some((codec) => (counts.get(codec) ?? 0) < 20)) {
  for (const record of await consumer.poll(1000)) {
    assert.ok(record.value.endsWith(text))
    counts.set(record.key, (counts.get(record.key) ?? 0) + 1)
  }
}
await consumer.close()
await kafka.close()
console.log('codecs ok')
