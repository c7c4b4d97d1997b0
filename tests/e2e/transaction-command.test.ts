/** Transactions listed, described, found hanging and aborted by the command line as it is installed. */

import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BrokerProcess, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { openTransaction } from '../interop/harness/open-transaction.ts'
import { mustOdradek, odradek } from './support/command-line.ts'

let broker: BrokerProcess

before(async () => {
  broker = await startBrokerProcess({ args: ['--set', 'transaction.state.log.num.partitions=1'] })
  await must('topic', 'create', 'payments', '-p', '1')
})

after(async () => {
  await broker[Symbol.asyncDispose]()
})

async function must(...args: string[]): Promise<string> {
  return (await mustOdradek(args, { bootstrapServers: broker.bootstrapServers })).stdout
}

async function rows(...args: string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await must(...args, '-o', 'json')) as Record<string, unknown>[]
}

const committed = ['consume', 'payments', '--from', 'earliest', '-e', '--isolation', 'read_committed']

test('an open transaction is listed and described; one whose coordinator knows nothing of it hangs, and is aborted', async () => {
  const { producerId, producerEpoch, startOffset } = await openTransaction(broker.bootstrapServers, 'tx-1', 'payments', ['never', 'seen'])
  await mustOdradek(['produce', 'payments'], { bootstrapServers: broker.bootstrapServers, stdin: 'behind\n' })

  assert.deepEqual(await rows('transaction', 'list', '--state', 'Ongoing'), [
    { transactionalId: 'tx-1', producerId, state: 'Ongoing', coordinatorId: 1 },
  ])
  assert.deepEqual(await rows('transaction', 'list', '--pattern', 'other.*'), [])
  const [described] = await rows('transaction', 'describe', 'tx-1')
  assert.deepEqual([described?.['state'], described?.['producerEpoch'], described?.['timeoutMs']], ['Ongoing', producerEpoch, 600_000])
  assert.deepEqual(described?.['partitions'], [{ topic: 'payments', partition: 0 }])
  assert.match(await must('transaction', 'describe', 'tx-1'), /^TRANSACTIONAL-ID .*\ntx-1 .* payments-0$/m)
  const some = await odradek(['transaction', 'describe', 'tx-1', 'tx-9', '-o', 'ndjson'], { bootstrapServers: broker.bootstrapServers })
  assert.deepEqual([some.code, some.stdout.includes('"tx-1"')], [1, true])
  assert.match(some.stderr, /^odradek: there is no transactional id "tx-9"; did you mean "tx-1"/)
  const producers = await rows('transaction', 'producers', 'payments')
  assert.deepEqual(
    producers.filter((producer) => producer['transactionStartOffset'] === startOffset).map((producer) => producer['producerId']),
    [producerId],
  )
  const find = ['transaction', 'find-hanging', '--topic', 'payments', '--older-than', 'PT0S']
  assert.deepEqual(await rows(...find), [])
  const abort = ['transaction', 'abort', '--topic', 'payments', '-p', '0', '--start-offset', String(startOffset)]
  const living = await odradek(abort, { bootstrapServers: broker.bootstrapServers })
  assert.equal(living.code, 1)
  assert.match(living.stderr, /^odradek: this transaction of "tx-1" does not hang: its coordinator has it as Ongoing/)
  assert.equal(await must(...committed), '')

  // Its coordinator forgets it: the transaction is open, and nobody will end it.
  assert.equal(await broker.process.kill('SIGTERM'), 0)
  for (const name of await readdir(broker.dataDir)) {
    if (name.startsWith('__transaction_state-')) await rm(join(broker.dataDir, name, '00000000000000000000.log'))
  }
  await broker.restart()

  assert.equal(await must(...committed), '')
  const hanging = await mustOdradek(find, { bootstrapServers: broker.bootstrapServers })
  assert.match(
    hanging.stdout,
    new RegExp(`^payments +0 +${producerId} +${producerEpoch} +${startOffset} .*no transactional id has this producer$`, 'm'),
  )
  const hint = /odradek (transaction abort .*)/.exec(hanging.stderr)?.[1]
  assert.ok(hint !== undefined, hanging.stderr)
  await must(...hint.split(' '))
  assert.equal(await must(...committed), 'behind\n')
  assert.deepEqual(await rows(...find), [])
})

test('a transaction that its coordinator runs is aborted on one partition only if forced', async () => {
  await must('topic', 'create', 'refunds', '-p', '1')
  const { startOffset } = await openTransaction(broker.bootstrapServers, 'tx-2', 'refunds', ['never'])
  await mustOdradek(['produce', 'refunds'], { bootstrapServers: broker.bootstrapServers, stdin: 'behind\n' })
  await must('transaction', 'abort', '--topic', 'refunds', '-p', '0', '--start-offset', String(startOffset), '--force')
  assert.equal(await must('consume', 'refunds', '--from', 'earliest', '-e', '--isolation', 'read_committed'), 'behind\n')
})

test('what is not there is one line, which says what to do', async () => {
  for (const [args, code, pattern] of [
    [['transaction', 'describe', 'tx-9'], 1, /no transactional id "tx-9".*odradek transaction list/],
    [
      ['transaction', 'abort', '--topic', 'payments', '-p', '0', '--start-offset', '77'],
      1,
      /no open transaction of payments-0 begins at offset 77/,
    ],
    [['transaction', 'producers', 'payment'], 1, /did you mean "payments"\?/],
    [['transaction', 'list', '--state', 'Open'], 2, /Allowed choices are Empty, Ongoing/],
  ] as const) {
    const result = await odradek(args, { bootstrapServers: broker.bootstrapServers })
    assert.equal(result.code, code, result.stderr)
    assert.match(result.stderr, pattern)
    assert.equal(result.stderr.trimEnd().split('\n').length, 1, result.stderr)
  }
})
