// The same produce requests, sound and faulty, to our broker and to Apache Kafka: the same answers, and the same batches in the logs.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { ProduceResponsePartitionProduceResponse } from '@odradek/protocol'
import {
  createTopics,
  describeProducers,
  ErrorCodes,
  fetch,
  produce,
  readBatchHeader,
  RecordCursor,
  recordsSection,
} from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'
import { rawConnection, type RawConnection } from './harness/raw-connection.ts'
import { RandomBatches, type RandomRequest } from './produce/random-batches.ts'

const hour = '3600000'
const topics: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {},
  compacted: { 'cleanup.policy': 'compact' },
  bounded: { 'message.timestamp.before.max.ms': hour, 'message.timestamp.after.max.ms': hour },
  'compacted-bounded': { 'cleanup.policy': 'compact', 'message.timestamp.before.max.ms': hour },
  appended: { 'message.timestamp.type': 'LogAppendTime' },
  small: { 'max.message.bytes': '500' },
  gzipped: { 'compression.type': 'gzip', 'compression.gzip.level': '9' },
  zstandard: { 'compression.type': 'zstd', 'message.timestamp.type': 'LogAppendTime' },
  plainly: { 'compression.type': 'uncompressed', 'max.message.bytes': '900' },
}
type Answer = ProduceResponsePartitionProduceResponse | undefined

const requests = 4000
const seed = Number(process.env['ODRADEK_SEED'] ?? 7)
const { codecs } = createNodeRuntime()
for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as const) await codecs.load(name)

const [kafka, ours] = await Promise.all([startKafka(), startBrokerProcess()])
const connections = { kafka: rawConnection(kafka.bootstrapServers), ours: rawConnection(ours.bootstrapServers) }
after(async () => {
  await connections.kafka[Symbol.asyncDispose]()
  await connections.ours[Symbol.asyncDispose]()
  await Promise.all([kafka.stop(), ours.stop()])
})

test('the same answers to the same requests, and the same logs', async () => {
  const ids = { kafka: await create(connections.kafka), ours: await create(connections.ours) }
  const batches = new RandomBatches(seed, codecs, Object.keys(topics))
  const errors = new Map<number, number>()
  const differences: string[] = []
  for (let sent = 0; sent < requests; sent++) {
    const request = batches.next()
    const expected = await send(connections.kafka, request, ids.kafka)
    const answer = await send(connections.ours, request, ids.ours)
    if (expected !== undefined) errors.set(expected.errorCode, (errors.get(expected.errorCode) ?? 0) + 1)
    const [wanted, got] = [summary(expected), summary(answer)]
    if (isClearer(expected, answer)) continue
    // A message where Kafka has none is no difference: ours says what is wrong.
    const isMute = expected?.errorMessage !== null && answer?.errorMessage === null
    if (wanted === got && !isMute) continue
    differences.push(`request ${sent} v${request.version} to ${request.topic}: ${request.about}\n  Kafka ${wanted}\n  ours  ${got}`)
    // What one has and the other has not makes the rest differ, too.
    if (expected?.baseOffset !== answer?.baseOffset) break
  }
  assert.equal(differences.join('\n'), '', `seed ${seed}`)
  assert.ok(errors.size >= 8, `seed ${seed} met the errors ${[...errors.keys()].join(', ')} only`)
  for (const topic of Object.keys(topics)) {
    assert.deepEqual(await stored(connections.ours, topic), await stored(connections.kafka, topic), `seed ${seed}, ${topic}`)
    assert.deepEqual(
      await producers(connections.ours, topic),
      await producers(connections.kafka, topic),
      `seed ${seed}, producers of ${topic}`,
    )
  }
})

async function create(connection: RawConnection): Promise<ReadonlyMap<string, string>> {
  const wanted = Object.entries(topics).map(([name, configs]) => ({
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }))
  const response = await connection.request(createTopics, 7, { topics: wanted, timeoutMs: 10_000, validateOnly: false })
  assert.ok(response)
  for (const { name, errorCode, errorMessage } of response.topics) assert.equal(errorCode, 0, `${name}: ${errorMessage}`)
  return new Map(response.topics.map(({ name, topicId }) => [name, topicId]))
}

async function send(
  connection: RawConnection,
  { topic, version, acks, partition, records }: RandomRequest,
  ids: ReadonlyMap<string, string>,
): Promise<Answer> {
  const partitionData = [{ index: partition, records: Buffer.from(records) }]
  const topicData = [version >= 13 ? { topicId: ids.get(topic) ?? '', partitionData } : { name: topic, partitionData }]
  for (;;) {
    const response = await connection.request(produce, version, { acks, timeoutMs: 10_000, topicData })
    const partitionResponse = response?.responses[0]?.partitionResponses[0]
    // A leader just made.
    if (partitionResponse?.errorCode === 6) continue
    return partitionResponse
  }
}

/** Deliberately different: an unknown codec is found first, and what escapes Kafka as an unexpected exception is a batch that cannot be read, and ours says so. */
function isClearer(expected: Answer, answer: Answer): boolean {
  const { INVALID_RECORD, INVALID_REQUIRED_ACKS, MESSAGE_TOO_LARGE, UNKNOWN_SERVER_ERROR, UNSUPPORTED_COMPRESSION_TYPE } = ErrorCodes
  const hidden: readonly number[] = [UNKNOWN_SERVER_ERROR, INVALID_REQUIRED_ACKS, MESSAGE_TOO_LARGE]
  if (answer?.errorCode === UNSUPPORTED_COMPRESSION_TYPE) return hidden.includes(expected?.errorCode ?? 0)
  return expected?.errorCode === UNKNOWN_SERVER_ERROR && answer?.errorCode === INVALID_RECORD
}

function summary(response: Answer): string {
  if (response === undefined) return 'closed the connection'
  const { errorCode, baseOffset, logAppendTimeMs, logStartOffset, recordErrors } = response
  const records = recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => [batchIndex, batchIndexErrorMessage !== null])
  return JSON.stringify({ errorCode, baseOffset, isStamped: logAppendTimeMs >= 0, logStartOffset, records })
}

/** What DescribeProducers says; times that the broker gave are left out. */
async function producers(connection: RawConnection, topic: string): Promise<unknown> {
  const response = await connection.request(describeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0] }] })
  const [described] = response?.topics[0]?.partitions ?? []
  assert.equal(described?.errorCode, 0)
  const isStamped = topics[topic]?.['message.timestamp.type'] === 'LogAppendTime'
  const active = described.activeProducers.map((producer) => ({ ...producer, lastTimestamp: isStamped ? 0 : producer.lastTimestamp }))
  return active.sort((left, right) => left.producerId - right.producerId)
}

/** Each batch as it is kept: header, and records inflated. */
async function stored(connection: RawConnection, topic: string): Promise<unknown[]> {
  const found: unknown[] = []
  const cursor = new RecordCursor()
  for (let offset = 0; ; ) {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 10_000_000 }]
    const response = await connection.request(fetch, 12, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 10_000_000,
      topics: [{ topic, partitions }],
    })
    const { records, highWatermark } = response?.responses[0]?.partitions[0] ?? { records: null, highWatermark: -1 }
    assert.ok(records, topic)
    for (let at = 0; at < records.length; ) {
      const header = readBatchHeader(records, at)
      const section = recordsSection(records, at, header)
      const inflated = header.compression === 'none' ? section : codecs.loaded(header.compression)?.decompress(section, 10_000_000)
      const isStamped = header.timestampType === 'LogAppendTime'
      cursor.reset(records, at, header, Buffer.from(inflated ?? []))
      const kept: unknown[] = []
      while (cursor.next()) {
        kept.push([isStamped ? 0 : cursor.timestampMs, cursor.offset, cursor.key()?.toString() ?? null, cursor.value()?.toString() ?? null])
      }
      const { baseOffset, lastOffsetDelta, compression, timestampType, producerId, producerEpoch, baseSequence, recordCount } = header
      const { maxTimestamp } = header
      const shape = { baseOffset, lastOffsetDelta, compression, timestampType, producerId, producerEpoch, baseSequence, recordCount }
      found.push({ ...shape, maxTimestamp: isStamped ? 0 : maxTimestamp, kept })
      at += header.sizeBytes
      offset = header.lastOffset + 1
    }
    if (offset >= highWatermark) return found
  }
}
