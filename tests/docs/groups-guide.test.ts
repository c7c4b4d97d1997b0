/** docs/guide/groups.md shows code that works: this code. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { Assignment, Assignor, AssignorMember, AssignorTopics, ConsumerRecord } from '@odradek/client'
import { createAssignor, Kafka } from '@odradek/client'
import { rootDir } from '../interop/harness/paths.ts'

test('a member that listens, and one with an assignor of its own', async (context) => {
  await using broker = await startBroker({ topics: { orders: { partitions: 6 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  await kafka.producer().send({ topic: 'orders', value: 'one' })
  const billed: string[] = []
  const bill = async (record: ConsumerRecord<Buffer, Buffer>): Promise<void> => {
    billed.push(String(record.value))
  }
  const printed = context.mock.method(console, 'log', () => undefined)
  const consumer = kafka.consumer({
    groupId: 'billing',
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    partitionAssignmentStrategy: ['cooperative-sticky'],
  })
  await consumer.subscribe(['orders'], {
    onAssigned: (partitions) => console.log('mine now', partitions),
    onRevoked: (partitions) => console.log('no longer mine', partitions),
  })
  for await (const { records } of consumer.batches()) {
    for (const record of records) await bill(record)
    await consumer.commitSync()
    void consumer.close()
  }
  assert.deepEqual(billed, ['one'])
  await consumer.close()
  assert.equal(printed.mock.callCount(), 2)
  const reader = kafka.consumer({ groupId: 'billing' })
  const partitions = Array.from({ length: 6 }, (_, partition) => ({ topic: 'orders', partition }))
  const committed = await reader.committed(partitions)
  assert.equal(
    committed.reduce((sum, { offset }) => sum + offset, 0),
    1,
  )

  const shareByMemory = (topics: AssignorTopics, members: readonly AssignorMember[]): ReadonlyMap<string, Assignment> => {
    assert.deepEqual(
      members.map(({ userData }) => String(userData)),
      [String(totalmem())],
    )
    return createAssignor('range').assign(topics, members)
  }
  const biggestFirst: Assignor = {
    protocolName: 'biggest-first',
    subscriptionUserData: () => Buffer.from(String(totalmem())),
    assign: (topics, members) => shareByMemory(topics, members),
  }
  const withOwn = kafka.consumer({ groupId: 'reports', assignors: [biggestFirst, 'range'] })
  await withOwn.subscribe(['orders'])
  while (withOwn.assignment().length < 6) await withOwn.poll(50)
})

test('the guide shows this code', () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'groups.md'), 'utf8')
  const source = readFileSync(join(rootDir, 'tests', 'docs', 'groups-guide.test.ts'), 'utf8')
  const lines = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.trim().split('\n'))
  assert.ok(lines.length > 10)
  for (const line of lines) assert.ok(source.includes(line.trim()), `not tried here: ${line}`)
})
