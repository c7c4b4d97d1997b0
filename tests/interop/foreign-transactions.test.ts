// Transactions of others on our broker: Java's producer (the second protocol) and librdkafka's (the first) see what they see on Apache Kafka,
// and what is left in __transaction_state and on partitions is, for Kafka's own tools, what Apache Kafka leaves.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dumpPartition } from './harness/dump-log.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { runJava } from './harness/java-program.ts'
import { startKafka } from './harness/kafka-server.ts'
import { KafkaToolRunner, runKafkaTool } from './harness/kafka-tools.ts'
import { harnessDir } from './harness/paths.ts'
import { runPython } from './harness/python.ts'
import { startSubject } from './harness/subject.ts'

const configs = {
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
  'transaction.state.log.num.partitions': '3',
  'offsets.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
}

async function runScenario(bootstrapServers: string): Promise<string> {
  const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'Transactions.java'), [bootstrapServers], { timeoutMs: 90_000 })
  assert.equal(code, 0, stderr)
  return stdout
}

const volatile: readonly (readonly [RegExp, string])[] = [
  [/Dumping .*\/(__transaction_state-\d+)\/.*/g, '$1'],
  [/"transaction(LastUpdate|Start)TimestampMs":\d+/g, '"transaction$1TimestampMs":TIME'],
  [/(CreateTime|baseOffset|position|offset): \d+/g, '$1'],
]

/** The last state of each id and the states before it, as Kafka's tool decodes them. */
async function transactionLog(logDir: string): Promise<string[]> {
  const logs = Array.from({ length: 3 }, (_, partition) => join(logDir, `__transaction_state-${partition}`, '00000000000000000000.log'))
  const args = ['--transaction-log-decoder', '--files', logs.filter((path) => existsSync(path)).join(',')]
  const { code, stdout, stderr } = await runKafkaTool('kafka-dump-log', args, { timeoutMs: 60_000 })
  assert.equal(code, 0, stderr)
  const lines = stdout.split('\n').filter((line) => line.startsWith('| '))
  return lines.map((line) => volatile.reduce((text, [pattern, name]) => text.replace(pattern, name), line))
}

test('Java’s transactional producer sees what it sees on Apache Kafka, and leaves the same log', { timeout: 300_000 }, async () => {
  await using kafka = await startKafka({ configs })
  const expected = await runScenario(kafka.bootstrapServers)
  const expectedLog = await transactionLog(kafka.logDir)
  await using ours = await startBrokerProcess({ args: Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`]) })
  assert.equal(await runScenario(ours.bootstrapServers), expected)
  assert.ok(expectedLog.length > 10, `${expectedLog.length} records`)
  assert.deepEqual(await transactionLog(ours.dataDir), expectedLog)
  for (const name of ['payments-0', '__consumer_offsets-0', '__transaction_state-0']) await dumpPartition(join(ours.dataDir, name))
})

test('librdkafka’s transactional producer', { timeout: 120_000 }, async () => {
  const subject = await startSubject(configs)
  try {
    const script = join(harnessDir, 'python', 'transactions.py')
    const { code, stdout, stderr } = await runPython(script, [subject.bootstrapServers], { timeoutMs: 90_000 })
    assert.equal(code, 0, stderr)
    const round = (number: number): string[] => [0, 1, 2].map((index) => `${number}-${index}`)
    assert.deepEqual(JSON.parse(stdout), {
      read_committed: [...round(0), ...round(2), 'successor'],
      read_uncommitted: [...round(0), ...round(1), ...round(2), 'zombie', 'successor'],
      fenced: '_FENCED',
      committed: 3,
    })
  } finally {
    await subject.close()
  }
})

test('kafka-transactions lists, describes, finds and aborts', { timeout: 180_000 }, async () => {
  const subject = await startSubject(configs)
  await using tools = new KafkaToolRunner()
  const run = async (...args: string[]): Promise<string> =>
    (await tools.mustRun('kafka-transactions', ['--bootstrap-server', subject.bootstrapServers, ...args])).stdout
  try {
    await runScenario(subject.bootstrapServers)
    const listed = await run('list')
    for (const id of ['plain', 'fenced', 'late']) assert.match(listed, new RegExp(`^${id}\\s+\\d+\\s+\\d+\\s+Complete(Commit|Abort)`, 'm'))
    assert.match(await run('describe', '--transactional-id', 'plain'), /plain\s+0\s+\d+\s+CompleteAbort/)
    assert.match(await run('describe-producers', '--topic', 'payments', '--partition', '0'), /ProducerId\s+ProducerEpoch/)
    assert.doesNotMatch(await run('find-hanging', '--broker-id', '1'), /payments/)
  } finally {
    await subject.close()
  }
})
