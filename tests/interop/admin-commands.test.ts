// The commands that administer, against Apache Kafka; Kafka's own on our broker; and a partition's directory as both print it.

import assert from 'node:assert/strict'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { mustOdradek, odradek } from '../e2e/support/command-line.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'
import { KafkaToolRunner, runKafkaTool } from './harness/kafka-tools.ts'
import { openTransaction } from './harness/open-transaction.ts'
import { temporaryDirectory } from './harness/paths.ts'

const configs = {
  'transaction.state.log.num.partitions': '1',
  'offsets.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
}

/** Batches of every kind: codecs, an idempotent producer's, and a transaction that was aborted. */
async function fill(bootstrapServers: string): Promise<void> {
  const must = (args: string[], stdin?: string) =>
    mustOdradek(args, stdin === undefined ? { bootstrapServers } : { bootstrapServers, stdin })
  await must(['topic', 'create', 'payments', '-p', '1'])
  for (const codec of ['none', 'gzip', 'lz4', 'zstd', 'snappy']) {
    await must(['produce', 'payments', '-X', `compression.type=${codec}`], `${'a line\n'.repeat(20)}`)
  }
  const { startOffset } = await openTransaction(bootstrapServers, 'tx-1', 'payments', ['never', 'seen'])
  await must(['transaction', 'abort', '--topic', 'payments', '-p', '0', '--start-offset', String(startOffset), '--force'])
}

/** Our dump of a partition, and that of Kafka's own tool, which has the kind of a marker among the records. */
async function dumps(directory: string): Promise<[string[], string[]]> {
  const logs = (await readdir(directory)).filter((name) => name.endsWith('.log')).map((name) => join(directory, name))
  const theirs = await runKafkaTool('kafka-dump-log', ['--files', logs.join(',')], { timeoutMs: 120_000 })
  const ours = await mustOdradek(['log', 'dump', directory])
  const lines = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('baseOffset: '))
  return [lines(ours.stdout.replaceAll(/ endTxnMarker: \w+$/gm, '')), lines(theirs.stdout)]
}

test('on Apache Kafka: groups are reset and taken back, topics trimmed, transactions aborted, and its log read', {
  timeout: 300_000,
}, async () => {
  await using kafka = await startKafka({ configs })
  await using state = await temporaryDirectory('state')
  process.env['XDG_STATE_HOME'] = state.path
  const { bootstrapServers } = kafka
  const must = async (...args: string[]): Promise<string> => (await mustOdradek(args, { bootstrapServers })).stdout
  const committed = async (): Promise<unknown> =>
    (JSON.parse(await must('group', 'describe', 'g', '-o', 'json')) as { committedOffset: number }[]).map((row) => row.committedOffset)
  await fill(bootstrapServers)
  assert.match(await must('transaction', 'describe', 'tx-1'), /^tx-1 .* Ongoing .* payments-0$/m)
  await must('group', 'reset', 'g', '--to-offset', '7', '--topic', 'payments', '--execute')
  await must('group', 'reset', 'g', '--shift-by', '-3', '--all-topics', '--execute')
  assert.deepEqual(await committed(), [4])
  await must('group', 'undo-reset', 'g')
  assert.deepEqual(await committed(), [7])
  await must('group', 'delete-offsets', 'g', '--topic', 'payments')
  await must('group', 'delete', 'g')
  assert.doesNotMatch(await must('group', 'list', '-o', 'ndjson'), /"g"/)
  const [trimmed] = JSON.parse(await must('topic', 'trim', 'payments', '--before', '5', '-o', 'json')) as { newStartOffset: number }[]
  assert.equal(trimmed?.newStartOffset, 5)
  delete process.env['XDG_STATE_HOME']
  const [ours, theirs] = await dumps(join(kafka.logDir, 'payments-0'))
  assert.deepEqual(ours, theirs)
  const verified = await odradek(['log', 'verify', join(kafka.logDir, 'payments-0')])
  assert.equal(verified.code, 0, verified.stdout)
})

test("Kafka's tools on our broker: a hanging transaction is found and aborted, records are deleted, and our log is dumped alike", {
  timeout: 300_000,
}, async () => {
  const args = Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  await using broker = await startBrokerProcess({ args })
  await using tools = new KafkaToolRunner()
  const { bootstrapServers, dataDir } = broker
  await fill(bootstrapServers)
  const { producerId, startOffset } = await openTransaction(bootstrapServers, 'tx-2', 'payments', ['left'])
  assert.equal(await broker.process.kill('SIGTERM'), 0)
  const [ours, theirs] = await dumps(join(dataDir, 'payments-0'))
  assert.deepEqual(ours, theirs)
  // The coordinator forgets both.
  await rm(join(dataDir, '__transaction_state-0', '00000000000000000000.log'))
  await broker.restart()
  const transactions = async (...rest: string[]): Promise<string> =>
    (await tools.mustRun('kafka-transactions', ['--bootstrap-server', bootstrapServers, ...rest])).stdout
  const find = ['find-hanging', '--topic', 'payments', '--partition', '0', '--max-transaction-timeout', '0']
  assert.match(await transactions(...find), new RegExp(`^payments\\s+0\\s+${producerId}\\s`, 'm'))
  await transactions('abort', '--topic', 'payments', '--partition', '0', '--start-offset', String(startOffset))
  assert.doesNotMatch(await transactions(...find), /payments/)
  const { stdout } = await mustOdradek(['transaction', 'producers', 'payments', '-o', 'json'], { bootstrapServers })
  const open = (JSON.parse(stdout) as { transactionStartOffset: number }[]).filter(
    ({ transactionStartOffset }) => transactionStartOffset >= 0,
  )
  assert.deepEqual(open, [])
  const file = join(dataDir, 'delete.json')
  await writeFile(file, JSON.stringify({ version: 1, partitions: [{ topic: 'payments', partition: 0, offset: 5 }] }))
  const deleted = await tools.mustRun('kafka-delete-records', ['--bootstrap-server', bootstrapServers, '--offset-json-file', file])
  assert.match(deleted.stdout, /partition: payments-0\s+low_watermark: 5/)
})
