/** Our client on Apache Kafka 4.3.1: real flights, every codec, both directions with Java's console tools, groups and administration. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, ConsumerRecord } from '@odradek/client'
import { AggregateKafkaError, BrokerError, Kafka, string } from '@odradek/client'
import { flightsByOrigin, readFlights, valuesByKey } from '../e2e/support/flights.ts'
import { runJava } from './harness/java-program.ts'
import type { KafkaServer } from './harness/kafka-server.ts'
import { startKafka } from './harness/kafka-server.ts'
import { KafkaToolRunner } from './harness/kafka-tools.ts'
import { harnessDir } from './harness/paths.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const flights = readFlights()
const tools = new KafkaToolRunner()
let server: KafkaServer
let kafka: Kafka

before(async () => {
  server = await startKafka({ configs: { 'num.partitions': '6' } })
  kafka = new Kafka({ bootstrapServers: server.bootstrapServers })
})

after(async () => {
  await kafka.close()
  await tools.stop()
  await server.stop()
})

type TextRecord = ConsumerRecord<string, string>

/** Everything until `count` records have come. */
async function readAll(consumer: Consumer<string, string>, count: number): Promise<TextRecord[]> {
  const records: TextRecord[] = []
  for (let idle = 0; records.length < count && idle < 20; ) {
    const some = await consumer.poll(1000)
    idle = some.length === 0 ? idle + 1 : 0
    for (const record of some) records.push(record)
  }
  assert.equal(records.length, count)
  return records
}

/** Until it no longer throws, for five seconds at most. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      await check()
      return
    } catch (error) {
      if (left === 0) throw error
    }
    await sleep(100)
  }
}

const texts = (records: readonly TextRecord[]): { key: string; value: string }[] =>
  records.map(({ key, value }) => ({ key: key ?? '', value: value ?? '' }))

for (const codec of codecs) {
  test(`the flights come back in order for each key, to us and to Java, written with ${codec}`, async () => {
    const topic = `flights-${codec}`
    await kafka.admin().createTopics([{ topic, partitions: 6 }])
    const producer = kafka.producer({ key: string, value: string, compressionType: codec, batchSize: 65_536 })
    const sent = await producer.sendBatch(flights.map((flight) => ({ topic, key: flight.origin, value: JSON.stringify(flight) })))
    assert.equal(sent.length, flights.length)
    const consumer = kafka.consumer({ key: string, value: string, groupId: `readers-${codec}`, autoOffsetReset: 'earliest' })
    await consumer.subscribe([topic])
    const records = await readAll(consumer, flights.length)
    assert.deepEqual(valuesByKey(texts(records)), flightsByOrigin(flights))
    assert.equal(new Set(records.map(({ partition }) => partition)).size, 6)
    const offsets = new Set([...sent].map(({ partition, offset }) => `${partition}:${offset}`))
    assert.ok(records.every(({ partition, offset }) => offsets.has(`${partition}:${offset}`)))
    await consumer.close()

    const formatter = ['print.key=true', 'key.separator=\t'].flatMap((property) => ['--formatter-property', property])
    const read = ['--bootstrap-server', server.bootstrapServers, '--topic', topic, '--from-beginning', '--timeout-ms', '20000']
    const { stdout } = await tools.mustRun('kafka-console-consumer', [...read, '--max-messages', String(flights.length), ...formatter])
    const lines = stdout.trimEnd().split('\n')
    const javaRead = lines.map((line) => ({ key: line.slice(0, line.indexOf('\t')), value: line.slice(line.indexOf('\t') + 1) }))
    assert.deepEqual(valuesByKey(javaRead), flightsByOrigin(flights))
  })

  test(`we read what Java's console producer wrote with ${codec}`, async () => {
    const topic = `java-${codec}`
    await kafka.admin().createTopics([{ topic, partitions: 1 }])
    const lines = Array.from({ length: 2000 }, (_, index) => `h:${index}\tkey-${index % 7}\tvalue ${index} ${'ä日🙂'.repeat(index % 20)}`)
    const reader = ['parse.headers=true', 'parse.key=true', 'key.separator=\t'].flatMap((property) => ['--reader-property', property])
    const write = ['--bootstrap-server', server.bootstrapServers, '--topic', topic, '--compression-codec', codec]
    await tools.mustRun('kafka-console-producer', [...write, ...reader], { stdin: `${lines.join('\n')}\n` })
    const consumer = kafka.consumer({ key: string, value: string, autoOffsetReset: 'earliest' })
    await consumer.assign([{ topic, partition: 0 }])
    const records = await readAll(consumer, lines.length)
    assert.deepEqual(
      records.map(
        ({ headers, key, value }) => `${headers.map((header) => `${header.key}:${String(header.value)}`).join()}\t${key}\t${value}`,
      ),
      lines,
    )
    await consumer.close()
  })
}

test('10,000 keys of many lengths go where Kafka’s own producer sends them', async () => {
  const partitions = 97
  const keys = Array.from({ length: 10_000 }, (_, index) =>
    index % 2 === 0 ? randomBytes(index % 300) : Buffer.from(`ключ-${'k'.repeat(index % 280)}-${index}`),
  )
  const { stdout, code } = await runJava(join(harnessDir, 'java', 'KeyPartitions.java'), [String(partitions)], {
    stdin: `${keys.map((key) => key.toString('base64')).join('\n')}\n`,
  })
  assert.equal(code, 0)
  const expected = stdout.trimEnd().split('\n').map(Number)
  const topic = 'keys'
  await kafka.admin().createTopics([{ topic, partitions }])
  const producer = kafka.producer()
  // Odd ones as text: it is hashed as the UTF-8 that is written.
  const sent = await producer.sendBatch(keys.map((key, index) => ({ topic, key: index % 2 === 0 ? key : key.toString(), value: 'v' })))
  assert.deepEqual(
    [...sent].map(({ partition }) => partition),
    expected,
  )
  await producer.close()
})

test('a second member takes its share, a leaver gives it back, and each record is read once by the group', async () => {
  const topic = 'shared'
  await kafka.admin().createTopics([{ topic, partitions: 6 }])
  const producer = kafka.producer({ key: string, value: string })
  const seen: string[] = []
  const member = async (): Promise<{ consumer: Consumer<string, string>; stop: () => Promise<void> }> => {
    const consumer = kafka.consumer({
      key: string,
      value: string,
      groupId: 'sharers',
      autoOffsetReset: 'earliest',
      heartbeatIntervalMs: 300,
    })
    await consumer.subscribe([topic])
    let isStopping = false
    const running = (async () => {
      while (!isStopping) for (const { value } of await consumer.poll(100)) seen.push(value ?? '')
    })()
    const stop = async (): Promise<void> => {
      isStopping = true
      await running
      await consumer.close()
    }
    return { consumer, stop }
  }
  const until = async (condition: () => boolean): Promise<void> => {
    for (let i = 0; i < 300 && !condition(); i++) {
      await producer.send({ topic, key: `k${i}`, value: `v${written.length}` }).then(() => written.push(`v${written.length}`))
      await sleep(50)
    }
    assert.ok(condition())
  }
  const written: string[] = []
  const first = await member()
  await until(() => first.consumer.assignment().length === 6)
  const second = await member()
  await until(() => first.consumer.assignment().length === 3 && second.consumer.assignment().length === 3)
  const [described] = await kafka.admin().describeGroups(['sharers'])
  assert.equal(described?.state, 'Stable')
  assert.deepEqual(
    described.members.map(({ assignment }) => assignment.length),
    [3, 3],
  )
  await second.stop()
  await until(() => first.consumer.assignment().length === 6)
  await until(() => seen.length >= written.length)
  await first.stop()
  const byText = (left: string, right: string): number => left.localeCompare(right)
  assert.deepEqual([...seen].sort(byText), [...written].sort(byText))
  const committed = await kafka.admin().listGroupOffsets('sharers')
  assert.equal(
    committed.reduce((sum, { offset }) => sum + offset, 0),
    written.length,
  )
})

test('topics are made, described, changed and deleted; what fails is named', async () => {
  const admin = kafka.admin()
  const [made] = await admin.createTopics([{ topic: 'managed', partitions: 2, configs: { 'retention.ms': '1000' } }])
  assert.equal(made?.partitions, 2)
  const error = await admin.createTopics([{ topic: 'managed' }, { topic: 'bad name' }]).catch((reason: unknown) => reason)
  assert.ok(error instanceof AggregateKafkaError)
  assert.deepEqual(
    error.failures.map(({ resource, error: { code } }) => [resource, code]),
    [
      ['managed', 'TOPIC_ALREADY_EXISTS'],
      ['bad name', 'INVALID_TOPIC_EXCEPTION'],
    ],
  )
  await admin.createPartitions([{ topic: 'managed', count: 5 }])
  await admin.alterConfigs([{ type: 'topic', name: 'managed', set: { 'max.message.bytes': '2000' }, remove: ['retention.ms'] }])
  const configOf = async (name: string): Promise<string | null | undefined> => {
    const [description] = await admin.describeConfigs([{ type: 'topic', name: 'managed' }])
    return description?.entries.find((entry) => entry.name === name)?.value
  }
  // Brokers hear of a change a moment after it is made.
  await eventually(async () => assert.equal(await configOf('max.message.bytes'), '2000'))
  assert.equal(await configOf('retention.ms'), '604800000')
  const producer = kafka.producer({ value: string })
  const refused = await producer.send({ topic: 'managed', value: 'x'.repeat(3000) }).catch((reason: unknown) => reason)
  assert.ok(refused instanceof BrokerError && refused.code === 'MESSAGE_TOO_LARGE', String(refused))
  assert.equal((await producer.send({ topic: 'managed', value: 'fits', partition: 4 })).offset, 0)
  assert.deepEqual(
    (await admin.listOffsets([{ topic: 'managed', partition: 4, at: 'latest' }])).map(({ offset }) => offset),
    [1],
  )
  await admin.deleteTopics(['managed'])
  await eventually(async () => {
    const gone = await admin.describeTopics(['managed']).catch((reason: unknown) => reason)
    assert.ok(gone instanceof BrokerError && gone.code === 'UNKNOWN_TOPIC_OR_PARTITION')
  })
  const { nodes, controller } = await admin.describeCluster()
  assert.deepEqual([nodes.length, controller?.id], [1, 1])
})
