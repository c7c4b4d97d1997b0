// What groups leave in __consumer_offsets, read by Kafka's own kafka-dump-log: record for record what Apache Kafka writes for the same requests.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { transcribe } from '../golden/groups/scenarios.ts'
import { dumpPartition } from './harness/dump-log.ts'
import { startKafka } from './harness/kafka-server.ts'
import { runKafkaTool } from './harness/kafka-tools.ts'
import { temporaryDirectory } from './harness/paths.ts'

const partitions = 5
/** Those that write; the others ask. */
const writing = ['commits', 'life', 'statics']

/** What differs from run to run: random ids and times. */
const volatile: readonly (readonly [RegExp, string])[] = [
  [/Dumping .*\/(__consumer_offsets-\d+)\/.*/g, '$1'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
  [/"topicId":"[\w-]{22}"/g, '"topicId":"ID"'],
  [/(CreateTime: |"(?:commitTimestamp|expireTimestamp|currentStateTimestamp)":)\d+/g, '$1TIME'],
]

/** Every record of the topic, partition by partition, as the tool decodes it. */
async function decodedRecords(logDir: string): Promise<string[]> {
  const logs = partitionDirs(logDir).map((path) => join(path, '00000000000000000000.log'))
  const { code, stdout, stderr } = await runKafkaTool('kafka-dump-log', ['--offsets-decoder', '--files', logs.join(',')], {
    timeoutMs: 60_000,
  })
  assert.equal(code, 0, stderr)
  const lines = stdout.split('\n').filter((line) => line.startsWith('| ') || line.startsWith('Dumping '))
  // Whether a partition without records has a file is a matter of taste.
  const telling = lines.filter((line, index) => line.startsWith('| ') || lines[index + 1]?.startsWith('| ') === true)
  return telling.map((line) => volatile.reduce((text, [pattern, name]) => text.replace(pattern, name), sortMembers(line)))
}

/** Kafka keeps members in a hash map: their order in a record is that of random ids. */
function sortMembers(line: string): string {
  const payload = line.indexOf('payload: {')
  if (payload === -1) return line
  const start = payload + 'payload: '.length
  const value = JSON.parse(line.slice(start)) as { data: { members?: { clientId: string }[] } }
  value.data.members?.sort((one, other) => one.clientId.localeCompare(other.clientId))
  return line.slice(0, start) + JSON.stringify(value)
}

function partitionDirs(logDir: string): string[] {
  const dirs = Array.from({ length: partitions }, (_, partition) => join(logDir, `__consumer_offsets-${partition}`))
  return dirs.filter((path) => existsSync(join(path, '00000000000000000000.log')))
}

async function ofKafka(): Promise<string[]> {
  await using kafka = await startKafka({ configs: { 'auto.create.topics.enable': 'false' } })
  for (const name of writing) await transcribe(kafka.bootstrapServers, name)
  return await decodedRecords(kafka.logDir)
}

async function ofOurs(): Promise<string[]> {
  await using directory = await temporaryDirectory('offsets')
  const dataDir = join(directory.path, 'data')
  const config = {
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': String(partitions),
  }
  const broker = await startBroker({ dataDir, config })
  for (const name of writing) await transcribe(broker.bootstrapServers, name)
  await broker.close()
  for (const path of partitionDirs(dataDir)) await dumpPartition(path)
  return await decodedRecords(dataDir)
}

test('__consumer_offsets holds what Apache Kafka writes', { timeout: 180_000 }, async () => {
  const expected = await ofKafka()
  assert.ok(expected.length > 20, `${expected.length} records`)
  assert.deepEqual(await ofOurs(), expected)
})
