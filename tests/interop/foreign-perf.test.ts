// Load by Kafka's own performance tools on our broker, and Kafka's own verdict on the files that it leaves on disk.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dumpPartition } from './harness/dump-log.ts'
import { KafkaToolRunner, runKafkaTool } from './harness/kafka-tools.ts'
import { startSubject } from './harness/subject.ts'

const records = 1_000_000
const partitions = 3
const subject = await startSubject()
const tools = new KafkaToolRunner()
const server = ['--bootstrap-server', subject.bootstrapServers]
after(async () => {
  await tools.stop()
  await subject.close()
})

test('a million records of 100 bytes go in and come out, and kafka-dump-log finds nothing wrong', async (t) => {
  const segments = ['--config', 'segment.bytes=16777216']
  await tools.mustRun('kafka-topics', [...server, '--create', '--topic', 'load', '--partitions', String(partitions), ...segments])

  const load = ['--topic', 'load', '--num-records', String(records), '--record-size', '100', '--throughput', '-1']
  const produced = await runKafkaTool('kafka-producer-perf-test', [...server, ...load], { timeoutMs: 180_000 })
  assert.equal(produced.code, 0, produced.stderr)
  assert.match(produced.stdout, /^1000000 records sent, .* records\/sec/m)
  assert.doesNotMatch(produced.stdout + produced.stderr, /Exception/)
  t.diagnostic(produced.stdout.trim().split('\n').at(-1) ?? '')

  const { stdout: ends } = await tools.mustRun('kafka-get-offsets', [...server, '--topic', 'load'])
  const ended = [...ends.matchAll(/^load:\d+:(\d+)$/gm)].map((match) => Number(match[1]))
  assert.equal(
    ended.reduce((sum, end) => sum + end, 0),
    records,
  )

  const consume = [...server, '--topic', 'load', '--num-records', String(records), '--timeout', '30000']
  const consumed = await runKafkaTool('kafka-consumer-perf-test', consume, { timeoutMs: 180_000 })
  assert.equal(consumed.code, 0, consumed.stderr)
  const columns = (consumed.stdout.trim().split('\n').at(-1) ?? '').split(',').map((column) => column.trim())
  // start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, …
  assert.equal(Number(columns[4]), records)
  t.diagnostic(`${columns[5]} records/sec consumed`)

  const dump = await dumpPartition(join(subject.logDir, 'load-0'))
  assert.equal(dump.records, ended[0])
  assert.ok(dump.files.filter((name) => name.endsWith('.log')).length > 1, 'several segments')
})

test('kafka-dump-log reads the offsets that groups commit', async () => {
  await tools.mustRun('kafka-topics', [...server, '--create', '--topic', 'small', '--partitions', '1'])
  await tools.mustRun('kafka-console-producer', [...server, '--topic', 'small'], { stdin: 'a\nb\nc\n' })
  const consume = [...server, '--topic', 'small', '--group', 'dumped', '--from-beginning', '--timeout-ms', '4000']
  await tools.mustRun('kafka-console-consumer', consume)
  const { stdout: described } = await tools.mustRun('kafka-topics', [...server, '--describe', '--topic', '__consumer_offsets'])
  const count = Number(/PartitionCount: (\d+)/.exec(described)?.[1])
  const partition = Math.abs(javaHash('dumped') % count)
  const dump = await dumpPartition(join(subject.logDir, `__consumer_offsets-${partition}`), ['--deep-iteration', '--offsets-decoder'])
  assert.match(dump.output, /"group":"dumped","topic":"small","partition":0/)
  assert.match(dump.output, /"offset":3,/)
})

/** Java's String.hashCode, which places a group in a partition of `__consumer_offsets`. */
function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}
