/** A cooperative member that waits for the others to join goes on: it hands records over, and its commits do not wait behind its JoinGroup. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from '@odradek/broker'
import { type Consumer, Kafka } from '@odradek/client'

test('a commit is taken while the group waits for a member that does not poll', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 6 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const admin = kafka.admin()
  const open = async (): Promise<Consumer<Buffer, Buffer>> => {
    const consumer = kafka.consumer({
      groupId: 'billing',
      partitionAssignmentStrategy: ['cooperative-sticky'],
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      heartbeatIntervalMs: 50,
    })
    await consumer.subscribe(['orders'])
    return consumer
  }
  const busy = await open()
  const silent = await open()
  while (busy.assignment().length !== 3 || silent.assignment().length !== 3) await Promise.all([busy.poll(20), silent.poll(20)])

  const late = await open()
  const joining = late.poll(60_000)
  const state = async (): Promise<string | undefined> => (await admin.describeGroups(['billing']))[0]?.state
  while ((await state()) !== 'PreparingRebalance') await busy.poll(20)
  for (let round = 0; round < 20; round += 1) await busy.poll(20)

  await kafka.producer().sendBatch(busy.assignment().map(({ topic, partition }) => ({ topic, partition, value: 'x' })))
  let handled = 0
  while (handled < 3) handled += (await busy.poll(5000)).length
  const outcome = await Promise.race([busy.commitSync().then(() => 'taken'), sleep(10_000, 'waits', { ref: false })])
  assert.deepEqual([outcome, await state()], ['taken', 'PreparingRebalance'])
  const committed = await busy.committed(busy.assignment())
  assert.equal(
    committed.reduce((sum, { offset }) => sum + offset, 0),
    3,
  )
  late.wakeup()
  await Promise.all([joining, silent.close()])
})
