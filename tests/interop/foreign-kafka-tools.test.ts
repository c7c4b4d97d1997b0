// Kafka's own command-line tools, unchanged, on our broker: topics, console producer and consumer, groups, offsets.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dumpPartition } from './harness/dump-log.ts'
import { KafkaToolRunner } from './harness/kafka-tools.ts'
import { startKcat } from './harness/kcat.ts'
import { startSubject } from './harness/subject.ts'

const subject = await startSubject()
const tools = new KafkaToolRunner()
const server = ['--bootstrap-server', subject.bootstrapServers]
after(async () => {
  await tools.stop()
  await subject.close()
})

async function createTopic(topic: string, partitions: number, ...args: string[]): Promise<void> {
  await tools.mustRun('kafka-topics', [...server, '--create', '--topic', topic, '--partitions', String(partitions), ...args])
}

async function describeTopic(topic: string): Promise<string> {
  return (await tools.mustRun('kafka-topics', [...server, '--describe', '--topic', topic])).stdout
}

/** The rows of a table that a tool printed, as one object a row. */
function table(output: string, firstColumn: string): Record<string, string>[] {
  const lines = output.split('\n').map((line) => line.trim().split(/\s+/))
  const start = lines.findIndex((words) => words[0] === firstColumn)
  assert.notEqual(start, -1, `no table in:\n${output}`)
  const columns = lines[start] ?? []
  const rows = lines.slice(start + 1).filter((words) => words.length >= columns.length)
  return rows.map((words) => Object.fromEntries(columns.map((column, index) => [column, words[index] ?? ''])))
}

test('kafka-topics creates, lists, describes, alters and deletes', async () => {
  await createTopic('managed', 2, '--config', 'retention.ms=3600000', '--config', 'cleanup.policy=compact')
  assert.match((await tools.mustRun('kafka-topics', [...server, '--list'])).stdout, /^managed$/m)

  const described = await describeTopic('managed')
  assert.match(described, /Topic: managed\tTopicId: [\w-]{22}\tPartitionCount: 2\tReplicationFactor: 1/)
  assert.match(described, /retention\.ms=3600000/)
  assert.match(described, /cleanup\.policy=compact/)
  assert.match(described, /Partition: 1\tLeader: (\d+)\tReplicas: \1\tIsr: \1/)

  await tools.mustRun('kafka-topics', [...server, '--alter', '--topic', 'managed', '--partitions', '5'])
  assert.match(await describeTopic('managed'), /PartitionCount: 5/)

  await tools.mustRun('kafka-topics', [...server, '--delete', '--topic', 'managed'])
  assert.doesNotMatch((await tools.mustRun('kafka-topics', [...server, '--list'])).stdout, /managed/)
})

test('kafka-topics is told why, where something cannot be done', async () => {
  await createTopic('taken', 1)
  const twice = await tools.run('kafka-topics', [...server, '--create', '--topic', 'taken', '--partitions', '1'])
  assert.equal(twice.code, 1)
  assert.match(twice.stdout + twice.stderr, /TopicExistsException|already exists/)

  const fewer = await tools.run('kafka-topics', [
    ...server,
    '--create',
    '--topic',
    'replicated',
    '--partitions',
    '1',
    '--replication-factor',
    '3',
  ])
  assert.equal(fewer.code, 1)
  assert.match(fewer.stdout + fewer.stderr, /replication factor/i)

  const unknown = await tools.run('kafka-topics', [...server, '--describe', '--topic', 'nowhere'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.stdout + unknown.stderr, /does not exist/)

  const badConfig = await tools.run('kafka-topics', [...server, '--create', '--topic', 'odd', '--config', 'retention.ms=soon'])
  assert.equal(badConfig.code, 1)
})

test('the console consumer gets back what the console producer sent: keys, headers, text in every script, in order', async () => {
  await createTopic('console', 3)
  const lines = Array.from({ length: 500 }, (_, n) => `n:${n},who:Kafka\tkey-${n % 7}\tvalue ${n} ßλ日本🙂`)
  const reader = ['parse.headers=true', 'parse.key=true', 'key.separator=\t'].flatMap((property) => ['--reader-property', property])
  await tools.mustRun('kafka-console-producer', [...server, '--topic', 'console', ...reader], { stdin: `${lines.join('\n')}\n` })

  const formatter = ['print.headers=true', 'print.key=true', 'key.separator=\t'].flatMap((property) => ['--formatter-property', property])
  const consume = [...server, '--topic', 'console', '--from-beginning', '--max-messages', '500', '--timeout-ms', '20000']
  const { stdout } = await tools.mustRun('kafka-console-consumer', [...consume, ...formatter])
  const received = stdout.trimEnd().split('\n')
  assert.deepEqual([...received].sort(), [...lines].sort())
  for (let key = 0; key < 7; key++) {
    const ofKey = (line: string): boolean => line.includes(`\tkey-${key}\t`)
    assert.deepEqual(received.filter(ofKey), lines.filter(ofKey), `order of key-${key}`)
  }
})

test('the console producer is right with every codec, and without acknowledgements or idempotence', async () => {
  await createTopic('codecs', 1)
  const expected: string[] = []
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const values = Array.from({ length: 200 }, (_, n) => `${codec} ${n} ${'payload '.repeat(20)}`)
    expected.push(...values)
    const args = [...server, '--topic', 'codecs', '--compression-codec', codec]
    await tools.mustRun('kafka-console-producer', args, { stdin: `${values.join('\n')}\n` })
  }
  const plain = ['--command-property', 'acks=0', '--command-property', 'enable.idempotence=false']
  await tools.mustRun('kafka-console-producer', [...server, '--topic', 'codecs', ...plain], { stdin: 'last\n' })
  expected.push('last')

  const args = [...server, '--topic', 'codecs', '--from-beginning', '--max-messages', String(expected.length), '--timeout-ms', '20000']
  const { stdout } = await tools.mustRun('kafka-console-consumer', args)
  assert.deepEqual(stdout.trimEnd().split('\n'), expected)

  const dump = await dumpPartition(join(subject.logDir, 'codecs-0'))
  assert.equal(dump.records, expected.length)
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) assert.match(dump.output, new RegExp(`compresscodec: ${codec}`))
})

test('kafka-get-offsets finds the earliest, the latest and a time', async () => {
  await createTopic('offsets', 2)
  await tools.mustRun('kafka-console-producer', [...server, '--topic', 'offsets'], { stdin: 'a\nb\nc\n' })
  const offsets = async (time: string): Promise<number> => {
    const { stdout } = await tools.mustRun('kafka-get-offsets', [...server, '--topic', 'offsets', '--time', time])
    const rows = [...stdout.matchAll(/^offsets:\d+:(\d*)$/gm)]
    assert.ok(rows.length > 0, stdout)
    return rows.reduce((sum, row) => sum + Number(row[1]), 0)
  }
  assert.equal(await offsets('earliest'), 0)
  assert.equal(await offsets('latest'), 3)
  assert.equal(await offsets(String(Date.now() - 3_600_000)), 0)
})

test('a group takes up where it stopped, and kafka-consumer-groups shows its lag and members', async () => {
  await createTopic('grouped', 2)
  const produce = (values: string[]): Promise<unknown> =>
    tools.mustRun('kafka-console-producer', [...server, '--topic', 'grouped'], { stdin: `${values.join('\n')}\n` })
  const consume = async (): Promise<string[]> => {
    const args = [...server, '--topic', 'grouped', '--group', 'readers', '--from-beginning', '--timeout-ms', '4000']
    return (await tools.mustRun('kafka-console-consumer', args)).stdout.trimEnd().split('\n')
  }
  const describe = async (...args: string[]): Promise<string> =>
    (await tools.mustRun('kafka-consumer-groups', [...server, '--describe', '--group', 'readers', ...args])).stdout

  const first = Array.from({ length: 100 }, (_, n) => `first ${n}`)
  await produce(first)
  assert.deepEqual((await consume()).sort(), [...first].sort())
  await produce(['second 1', 'second 2'])
  assert.match((await tools.mustRun('kafka-consumer-groups', [...server, '--list'])).stdout, /^readers$/m)
  const idle = table(await describe(), 'GROUP')
  assert.equal(idle.length, 2)
  assert.equal(
    idle.reduce((sum, row) => sum + Number(row['LAG']), 0),
    2,
  )
  assert.equal(
    idle.reduce((sum, row) => sum + Number(row['LOG-END-OFFSET']), 0),
    102,
  )
  assert.ok(idle.every((row) => row['TOPIC'] === 'grouped' && row['CONSUMER-ID'] === '-'))

  assert.deepEqual((await consume()).sort(), ['second 1', 'second 2'])

  const member = startKcat(['-b', subject.bootstrapServers, '-X', 'client.id=watcher', '-G', 'readers', 'grouped'])
  try {
    await member.waitForLine(/assigned/, 20_000)
    assert.match(await describe('--state'), /Stable\s+1/)
    const members = table(await describe('--members'), 'GROUP')
    assert.equal(members.length, 1)
    assert.equal(members[0]?.['CLIENT-ID'], 'watcher')
    assert.equal(members[0]['#PARTITIONS'], '2')
    assert.ok(table(await describe(), 'GROUP').every((row) => row['LAG'] === '0' && row['CLIENT-ID'] === 'watcher'))
  } finally {
    await member.kill('SIGTERM')
  }
})
