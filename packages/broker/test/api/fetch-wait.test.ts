/** What a waiting fetch counts towards its minimum: bytes that its reader may see by now, whenever they were written. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { FetchResponsePartitionData } from '@odradek/protocol'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { runtimeWithFaults } from '../support/file-faults.ts'
import { fetchFrom, send } from '../support/requests.ts'
import { TransactionalClient } from '../support/transactional-client.ts'
import type { WireClient } from '../support/wire-client.ts'

const topics = { orders: {} }
const value = 'x'.repeat(1000)
const maxWaitMs = 30_000
const readCommitted = 1

interface Waiting {
  readonly answer: Promise<FetchResponsePartitionData>
  readonly isAnswered: () => Promise<boolean>
}

/** A fetch that has been read for once, and waits. */
async function startFetch(client: WireClient, minBytes: number, isolationLevel: number, offset = 0): Promise<Waiting> {
  let isAnswered = false
  const answer = fetchFrom(client, 'orders', offset, { maxWaitMs, minBytes, isolationLevel }).finally(() => {
    isAnswered = true
  })
  await setTimeout(50)
  return { answer, isAnswered: () => setTimeout(50).then(() => isAnswered) }
}

/** The answer, which has to come long before the longest wait is over. */
async function soon({ answer }: Waiting): Promise<FetchResponsePartitionData> {
  const late = setTimeout(maxWaitMs / 2, undefined, { ref: false })
  const data = await Promise.race([answer, late])
  assert.ok(data !== undefined, 'the fetch still waits')
  return data
}

for (const commits of [true, false]) {
  test(`${commits ? 'a commit' : 'an abort'} ends the wait for what its transaction had written before the fetch began`, async () => {
    await withBroker({ topics }, async ({ client, connect }) => {
      const producer = await new TransactionalClient(await connect()).init()
      const batch = batchOf([value])
      await producer.send('orders', value, 12)
      const waiting = await startFetch(client, batch.length, readCommitted)
      assert.equal(await waiting.isAnswered(), false)
      await producer.end(commits, 5)
      const { records, abortedTransactions } = await soon(waiting)
      assert.deepEqual(valuesOf(records), [value])
      assert.equal(abortedTransactions?.length, commits ? 0 : 1)
    })
  })
}

test('a commit counts only what it makes stable', async () => {
  await withBroker({ topics }, async ({ client, connect }) => {
    const first = await new TransactionalClient(await connect(), 'first').init()
    const second = await new TransactionalClient(await connect(), 'second').init()
    await first.send('orders', value, 12)
    await second.send('orders', value, 12)
    const waiting = await startFetch(client, 2 * batchOf([value]).length, readCommitted)
    await first.end(true, 5)
    assert.equal(await waiting.isAnswered(), false, 'the second transaction is open')
    await second.end(true, 5)
    assert.deepEqual(valuesOf((await soon(waiting)).records), [value, value])
  })
})

test('what a transaction writes while a fetch waits counts when it ends', async () => {
  await withBroker({ topics }, async ({ client, connect }) => {
    const producer = await new TransactionalClient(await connect()).init()
    const waiting = await startFetch(client, 1000, readCommitted)
    await producer.send('orders', value, 12)
    assert.equal(await waiting.isAnswered(), false)
    await producer.end(true, 5)
    assert.deepEqual(valuesOf((await soon(waiting)).records), [value])
  })
})

for (const isolationLevel of [0, readCommitted]) {
  test(`a batch that is being written when the fetch begins ends its wait, isolation level ${isolationLevel}`, async () => {
    let openGate: (() => void) | undefined
    const beforeWrite = async (path: string): Promise<void> => {
      if (path.includes('/orders-0/') && path.endsWith('.log')) await new Promise<void>((resolve) => (openGate = resolve))
    }
    await withBroker({ topics, runtime: runtimeWithFaults({ beforeWrite }) }, async ({ client, connect }) => {
      const sent = send(await connect(), 'orders', batchOf([value]))
      while (openGate === undefined) await setTimeout(1)
      const waiting = await startFetch(client, 1, isolationLevel)
      assert.equal(await waiting.isAnswered(), false)
      openGate()
      assert.deepEqual(valuesOf((await soon(waiting)).records), [value])
      await sent
    })
  })
}
