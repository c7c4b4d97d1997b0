/** Groups reset, taken back and deleted, and topics trimmed, by the command line as it is installed. */

import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BrokerProcess, odradekBin, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { temporaryDirectory } from '../interop/harness/paths.ts'
import { type ProcessResult, startProcess } from '../interop/harness/process.ts'
import { mustOdradek, odradek } from './support/command-line.ts'

let broker: BrokerProcess
let state: Awaited<ReturnType<typeof temporaryDirectory>>

before(async () => {
  broker = await startBrokerProcess({ args: ['--set', 'group.initial.rebalance.delay.ms=0'] })
  state = await temporaryDirectory('state')
  process.env['XDG_STATE_HOME'] = state.path
  await must('topic', 'create', 'orders', '-p', '2')
  for (const partition of ['0', '1']) {
    const stdin = Array.from({ length: 10 }, (_, at) => `{"value":"${at}","timestamp":${1_700_000_000_000 + at * 1000}}\n`).join('')
    await mustOdradek(['produce', 'orders', '--ndjson', '-p', partition], { bootstrapServers: broker.bootstrapServers, stdin })
  }
})

after(async () => {
  delete process.env['XDG_STATE_HOME']
  await broker[Symbol.asyncDispose]()
  await state[Symbol.asyncDispose]()
})

function must(...args: string[]): Promise<ProcessResult> {
  return mustOdradek(args, { bootstrapServers: broker.bootstrapServers })
}

function run(...args: string[]): Promise<ProcessResult> {
  return odradek(args, { bootstrapServers: broker.bootstrapServers })
}

/** `group` at the end of both partitions. */
async function consumed(group: string): Promise<void> {
  await must('consume', 'orders', '-g', group, '--from', 'earliest', '-e')
}

/** What the group has committed of partitions 0 and 1. */
async function committed(group: string): Promise<(number | null)[]> {
  const rows = JSON.parse((await must('group', 'describe', group, '-o', 'json')).stdout) as { partition: number; committedOffset: number }[]
  return [0, 1].map((partition) => rows.find((row) => row.partition === partition)?.committedOffset ?? null)
}

async function newOffsets(...args: string[]): Promise<number[]> {
  const rows = JSON.parse((await must('group', 'reset', ...args, '-o', 'json')).stdout) as { newOffset: number }[]
  return rows.map(({ newOffset }) => newOffset)
}

test('without --from reading starts where auto.offset.reset says', async () => {
  const lines = async (...args: string[]): Promise<number> => (await must('consume', 'orders', '-e', ...args)).stdout.split('\n').length - 1
  assert.equal(await lines('-X', 'auto.offset.reset=earliest'), 20)
  assert.equal(await lines('-X', 'auto.offset.reset=earliest', '-g', 'told'), 20)
  assert.equal(await lines('-X', 'auto.offset.reset=earliest', '-g', 'both', '--from', 'latest'), 0)
  assert.equal(await lines('-g', 'untold'), 0)
  assert.deepEqual(await committed('untold'), [10, 10])
  const none = await run('consume', 'orders', '-e', '-g', 'none', '-X', 'auto.offset.reset=none')
  assert.equal(none.code, 1)
  assert.match(none.stderr, /^odradek: .*auto\.offset\.reset is none/)
})

test('a reset shows what it would do, and does it with --execute', async () => {
  await consumed('shown')
  const { stdout, stderr } = await must('group', 'reset', 'shown', '--to-earliest', '--all-topics')
  assert.match(stdout, /^GROUP +TOPIC +PARTITION +CURRENT-OFFSET +NEW-OFFSET +LOG-END-OFFSET +NEW-LAG\nshown +orders +0 +10 +0 +10 +10\n/)
  assert.match(stderr, /nothing was changed: add --execute/)
  assert.deepEqual(await committed('shown'), [10, 10])
  await must('group', 'reset', 'shown', '--to-earliest', '--all-topics', '--execute')
  assert.deepEqual(await committed('shown'), [0, 0])
})

test('offsets come from a time or a file', async () => {
  assert.deepEqual(await newOffsets('ways', '--topic', 'orders', '--to-datetime', new Date(1_700_000_006_000).toISOString()), [6, 6])
  const file = join(state.path, 'offsets.csv')
  await writeFile(file, 'orders,1,3\n"other","orders",0,9\nways,orders,0,4\n')
  assert.deepEqual(await newOffsets('ways', '--from-file', file, '--execute'), [4, 3])
  assert.deepEqual(await committed('ways'), [4, 3])
})

test('what is out of range is clamped, and said', async () => {
  const { stdout, stderr } = await must('group', 'reset', 'fresh', '--to-offset', '99', '--topic', 'orders:0', '-o', 'ndjson')
  assert.match(stderr, /^orders-0: offset 99 is out of range, 10 is taken$/m)
  assert.deepEqual(JSON.parse(stdout), {
    group: 'fresh',
    topic: 'orders',
    partition: 0,
    currentOffset: null,
    newOffset: 10,
    endOffset: 10,
    clampedFrom: 99,
  })
})

test('a reset is taken back, to nothing committed too, and taken back again', async () => {
  await must('group', 'reset', 'back', '--to-offset', '5', '--topic', 'orders:0', '--execute')
  await must('group', 'reset', 'back', '--to-offset', '7', '--topic', 'orders', '--execute')
  assert.deepEqual(await committed('back'), [7, 7])
  assert.match((await must('group', 'undo-reset', 'back')).stderr, /is where it was before the reset of 20/)
  assert.deepEqual(await committed('back'), [5, null])
  await must('group', 'undo-reset', 'back')
  assert.deepEqual(await committed('back'), [7, 7])
  const none = await run('group', 'undo-reset', 'shown-to-nobody')
  assert.equal(none.code, 1)
  assert.match(none.stderr, /^odradek: no reset of group "shown-to-nobody" was made from this machine/)
})

test('an undo clamps to what is left of the log, leaves out what is gone, and can be tried again', async () => {
  for (const topic of ['left', 'gone']) await must('topic', 'create', topic, '-p', '1', '-c', 'retention.ms=-1')
  for (const topic of ['left', 'gone']) {
    await mustOdradek(['produce', topic], { bootstrapServers: broker.bootstrapServers, stdin: '0\n1\n2\n3\n4\n' })
  }
  await must('group', 'reset', 'undone', '--to-offset', '2', '--topic', 'left', '--topic', 'gone', '--execute')
  await must('group', 'reset', 'undone', '--to-latest', '--all-topics', '--execute')
  // Nothing of it can be done: what can be undone stays.
  const failed = await run('group', 'reset', 'undone', '--to-offset', '1', '--topic', 'nowhere', '--execute')
  assert.equal(failed.code, 1)
  await must('topic', 'trim', 'left', '--before', '3')
  await must('topic', 'delete', 'gone', '--yes')
  const undone = await must('group', 'undo-reset', 'undone')
  assert.match(undone.stderr, /^gone-0 no longer exists: it is left out\nleft-0: offset 2 is out of range, 3 is taken$/m)
  assert.match(undone.stderr, /is as near as can be to where it was before/)
  assert.match(undone.stdout, /^GROUP +TOPIC +PARTITION +CURRENT-OFFSET +NEW-OFFSET +LOG-END-OFFSET\nundone +left +0 +5 +3 +5\n$/)
  await must('topic', 'delete', 'left', '--yes')
  assert.match((await run('group', 'undo-reset', 'undone')).stderr, /^odradek: there is nothing to undo: left-0 no longer exist/)
})

test('a group with members is left alone', async () => {
  const member = startProcess(process.execPath, [odradekBin, 'consume', 'orders', '-g', 'living', '--from', 'earliest'], {
    env: { ODRADEK_BOOTSTRAP_SERVERS: broker.bootstrapServers },
  })
  try {
    await member.waitForLine(/^9$/m, 20_000)
    for (const args of [
      ['group', 'reset', 'living', '--to-earliest', '--topic', 'orders', '--execute'],
      ['group', 'delete', 'living'],
    ]) {
      const { code, stderr } = await run(...args)
      assert.equal(code, 1)
      assert.match(stderr, /^odradek: group "living" is Stable with 1 member: stop its consumers first/)
    }
    const offsets = await run('group', 'delete-offsets', 'living', '--topic', 'orders')
    assert.equal(offsets.code, 1)
  } finally {
    await member.kill('SIGINT')
  }
})

test('offsets and groups are deleted', async () => {
  await consumed('gone')
  assert.match((await must('group', 'delete-offsets', 'gone', '--topic', 'orders:1')).stderr, /the offsets of 1 partition/)
  assert.deepEqual(await committed('gone'), [10, null])
  await must('group', 'delete', 'gone')
  assert.doesNotMatch((await must('group', 'list', '-o', 'ndjson')).stdout, /"gone"/)
  assert.match((await run('group', 'delete', 'gone')).stderr, /^odradek: there is no group "gone"/)
  const described = await run('group', 'describe', 'shown', 'gone', '-o', 'ndjson')
  assert.deepEqual([described.code, described.stdout.trim().split('\n').length], [1, 2])
  assert.match(described.stderr, /^odradek: there is no group "gone"/)
})

test('a topic is trimmed before an offset, a time, or altogether', async () => {
  await must('topic', 'create', 'trimmed', '-p', '1', '-c', 'retention.ms=-1')
  const stdin = Array.from({ length: 10 }, (_, at) => `{"value":"${at}","timestamp":${1_700_000_000_000 + at * 1000}}\n`).join('')
  await mustOdradek(['produce', 'trimmed', '--ndjson'], { bootstrapServers: broker.bootstrapServers, stdin })
  const trim = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await must('topic', 'trim', 'trimmed', ...args, '-o', 'ndjson')).stdout)
  const row = { topic: 'trimmed', partition: 0 }
  assert.deepEqual(await trim('--before', '4'), { ...row, startOffset: 0, newStartOffset: 4, deletedOffsets: 4 })
  const time = new Date(1_700_000_006_000).toISOString()
  assert.deepEqual(await trim('--before', time), { ...row, startOffset: 4, newStartOffset: 6, deletedOffsets: 2 })
  assert.equal((await must('consume', 'trimmed', '--from', 'earliest', '-e')).stdout, '6\n7\n8\n9\n')
  assert.deepEqual(await trim('--before', 'latest', '--dry-run'), { ...row, startOffset: 6, newStartOffset: 10, deletedOffsets: 4 })
  await must('topic', 'create', 'compacted', '-p', '1', '-c', 'cleanup.policy=compact')
  for (const more of [[], ['--dry-run']]) {
    const refused = await run('topic', 'trim', 'compacted', '--before', 'latest', ...more)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /^odradek: topic "compacted" keeps the newest record of each key/)
  }
  assert.match((await run('topic', 'trim', '__consumer_offsets', '--before', '1')).stderr, /"__consumer_offsets" is the cluster's own/)
})

test('what is wrong is one line, which says what to do', async () => {
  for (const [args, code, pattern] of [
    [['group', 'reset', 'ways', '--to-latest'], 2, /say which topics: --topic/],
    [
      ['group', 'reset', 'ways', '--topic', 'orders:7', '--to-latest'],
      1,
      /no partition 7; its partitions are 0 to 1.*topic describe orders/,
    ],
    [['group', 'reset', '', '--topic', 'orders', '--to-latest', '--execute'], 2, /the name of a group is not empty/],
    [['group', 'reset', 'new', '--all-topics', '--to-latest'], 1, /"new" has committed nothing: name topics/],
    [['group', 'reset', 'new', '--from-file', join(state.path, 'none')], 1, /there is no file/],
    [['topic', 'trim', 'orders', '--before', 'tomorrow'], 2, /"tomorrow" is nothing to trim before/],
    [['consume', 'orders', '-p', '99', '-e'], 1, /no partition 99; its partitions are 0 to 1.*topic describe orders/],
  ] as const) {
    const result = await run(...args)
    assert.equal(result.code, code, result.stderr)
    assert.match(result.stderr, pattern)
    assert.equal(result.stderr.trimEnd().split('\n').length, 1, result.stderr)
    assert.equal(result.stdout, '')
  }
  assert.ok((await readdir(join(state.path, 'odradek', 'resets'))).length === 1, 'a directory a cluster')
})
