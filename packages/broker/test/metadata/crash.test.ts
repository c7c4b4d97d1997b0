/** A change to metadata is there whole after a crash, or not at all; and once it was acknowledged, it is there. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulation } from '@odradek/runtime/sim'
import { boot } from '../../src/boot.ts'
import { Interceptors } from '../../src/api/interceptors.ts'
import { silentLogger } from '../../src/logger.ts'
import type { TopicSpec } from '../../src/metadata/topic-plan.ts'
import type { Topic } from '../../src/metadata/topic.ts'

const host = 'broker'
const options = { dataDir: '/data', port: 9092, logger: silentLogger }
const metadataLog = '/data/__cluster_metadata-0/00000000000000000000.log'
const spec = (name: string): TopicSpec => ({
  name,
  numPartitions: 3,
  replicationFactor: 1,
  assignments: [],
  configs: [{ name: 'retention.ms', value: '1' }],
})

function summary(topic: Topic | undefined): string {
  return topic === undefined ? 'absent' : `${topic.partitions.length} partitions, retention.ms=${topic.configs.get('retention.ms')}`
}

const whole = '3 partitions, retention.ms=1'

test('creating, torn at every third byte of its batch', async () => {
  let sawTorn = 0
  // The first round learns how large the batch is.
  let batchBytes = 1
  for (let torn = 0; torn < batchBytes; torn += 3) {
    const simulation = createSimulation({ seed: torn })
    await simulation.run(async () => {
      const before = await boot({ ...options, runtime: simulation.runtime(host) }, new Interceptors())
      await before.cluster.topics.create([spec('first')], { validateOnly: false })
      batchBytes = (await simulation.runtime(host).files.stat(metadataLog))?.sizeBytes ?? 0
      const died = simulation.disk(host).tearNextWrite(/__cluster_metadata-0\/.*\.log$/, torn)
      void before.cluster.topics.create([spec('second')], { validateOnly: false })
      await died
      const after = await boot({ ...options, runtime: simulation.runtime(host) }, new Interceptors())
      assert.equal(summary(after.cluster.topics.get('first')), whole, `torn after ${torn} bytes`)
      const second = summary(after.cluster.topics.get('second'))
      assert.ok(second === whole || second === 'absent', `torn after ${torn} bytes: ${second}`)
      if (second === 'absent') sawTorn++
      const [again] = await after.cluster.topics.create([spec('third')], { validateOnly: false })
      assert.equal(again?.error, undefined)
    })
    simulation.faults.assertFired('write-torn')
  }
  assert.ok(sawTorn > 50)
})

test('power is lost right after each acknowledgement', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const [index, name] of names.entries()) {
      const current = await boot({ ...options, runtime: simulation.runtime(host) }, new Interceptors())
      const alive = names.slice(0, index)
      assert.deepEqual(
        [...current.cluster.topics.all()].map((topic) => topic.name),
        alive.length === 0 ? [] : [alive.at(-1)],
      )
      await current.cluster.topics.create([spec(name)], { validateOnly: false })
      for (const old of alive.slice(-1)) await current.cluster.topics.delete((image) => image.topic(old))
      simulation.powerLoss(host)
    }
  })
})
