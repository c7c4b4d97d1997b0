/** docs/guide/testing.md shows code that works: this code. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Kafka } from '@odradek/client'
import { produce } from '@odradek/protocol'
import { rootDir } from '../interop/harness/paths.ts'

test('a produce whose answer is lost is sent again and counts once', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 6 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  await broker.createTopics({ payments: { partitions: 3, configs: { 'retention.ms': '60000' } } })
  const stop = broker.intercept(produce, async ({ proceed, disconnect }) => {
    const response = await proceed()
    disconnect()
    return response
  })
  const producer = kafka.producer({ retryBackoffMs: 50, reconnectBackoffMs: 10 })
  const sent = producer.send({ topic: 'orders', partition: 0, value: 'once' })
  await new Promise((resolve) => void setTimeout(resolve, 200))
  stop()
  assert.equal((await sent).offset, 0)
  assert.equal((await producer.send({ topic: 'orders', partition: 0, value: 'then' })).offset, 1)
})

test('leaders and coordinators move, nodes stop and start', async () => {
  await using broker = await startBroker({ nodes: 3, topics: { orders: { partitions: 6 } } })
  await broker.moveLeader('orders', 0, 2)
  await broker.moveCoordinator('billing', 3)
  assert.deepEqual([broker.leaderOf('orders', 0), await broker.coordinatorOf('billing')], [2, 3])
  await broker.nodes[0]?.stop()
  assert.equal(broker.nodes[0]?.isRunning, false)
  await broker.nodes[0]?.start()
  assert.equal(broker.nodes[0]?.isRunning, true)
})

test('the guide shows this code', () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'testing.md'), 'utf8')
  const source = readFileSync(join(rootDir, 'tests', 'docs', 'testing-guide.test.ts'), 'utf8')
  const lines = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.trim().split('\n'))
  assert.ok(lines.length > 10)
  for (const line of lines) assert.ok(source.includes(line.trim()), `not tried here: ${line}`)
})
