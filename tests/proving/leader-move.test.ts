// A leader that moves while its answers are on their way to nowhere.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from '@odradek/broker'
import { Kafka } from '@odradek/client'
import { startFaultProxy } from './proxy/fault-proxy.ts'
import { readWithOdradek } from './workload/read-back.ts'

const LATER = 12

test('a batch that the former leader wrote and did not acknowledge is not written again', { timeout: 30_000 }, async () => {
  await using broker = await startBroker({ nodes: 2, topics: { moving: { partitions: 2 } } })
  await using proxy = await startFaultProxy({ bootstrapServers: broker.bootstrapServers })
  await broker.moveLeader('moving', 0, 1)
  await broker.moveLeader('moving', 1, 2)
  await using kafka = new Kafka({ bootstrapServers: proxy.bootstrapServers })
  const properties = { 'linger.ms': '0', 'metadata.max.age.ms': '50', 'request.timeout.ms': '1500', 'retry.backoff.ms': '10' }
  const producer = kafka.producer({ properties })
  const send = (name: string) => producer.send({ topic: 'moving', partition: 0, value: `${name} ` })
  await send('known')
  // Metadata is asked for on the least busy connection: there must be one to the other node.
  await producer.send({ topic: 'moving', partition: 1, value: 'other ' })
  proxy.node(1).halfOpen('response')
  const unanswered = send('unanswered')
  await sleep(50)
  await broker.moveLeader('moving', 0, 2)
  await sleep(300)
  const later: Promise<{ offset: number }>[] = []
  for (let number = 0; number < LATER; number++) {
    later.push(send(`later-${number}`))
    // A batch each.
    await sleep(20)
  }
  assert.equal((await unanswered).offset, 1)
  const offsets = (await Promise.all(later)).map(({ offset }) => offset)
  assert.deepEqual(
    offsets,
    Array.from({ length: LATER }, (_, index) => index + 2),
  )
  const [found] = await readWithOdradek(broker.bootstrapServers, 'moving', 2)
  assert.deepEqual(found?.names, ['known', 'unanswered', ...Array.from({ length: LATER }, (_, index) => `later-${index}`)])
})
