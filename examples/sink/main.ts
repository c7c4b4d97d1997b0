/**
 * How do I pipe a stream into a topic? `producer.writable()` takes records no faster than they find room in `buffer.memory`, and is done when all are acknowledged.
 * npm run example -- sink [lines]
 */

import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { type ProducerRecord, string } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'
import { figure } from '../lib/figures.ts'

const count = Number(process.argv[2] ?? 50_000)
const directory = await mkdtemp(join(tmpdir(), 'odradek-sink-'))
const path = join(directory, 'lines.txt')
await writeFile(path, Array.from({ length: count }, (_, index) => `line ${index + 1} ${'.'.repeat(90)}\n`).join(''))

await using cluster = await openCluster()
const topic = await cluster.createTopic('lines', 6)
const producer = cluster.kafka.producer({ value: string, bufferMemory: 262_144 })
let read = 0
let mostAhead = 0

async function* records(lines: AsyncIterable<string>): AsyncGenerator<ProducerRecord<string, string>> {
  for await (const value of lines) {
    read += 1
    if (read % 1000 === 0) mostAhead = Math.max(mostAhead, read - figure(producer, 'record-send-total'))
    yield { topic, value }
  }
}

await pipeline(createInterface({ input: createReadStream(path) }), (lines: AsyncIterable<string>) =>
  ReadableStream.from(records(lines)).pipeTo(producer.writable()),
)
await rm(directory, { recursive: true })

const places = (await producer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition }))
const ends = await cluster.kafka.consumer().endOffsets(places)
console.log(`${read} lines read, ${ends.reduce((sum, { offset }) => sum + offset, 0)} records in the topic`)
console.log(`the file was never read further ahead than ${mostAhead} lines of 100 bytes: buffer.memory has room for no more`)
