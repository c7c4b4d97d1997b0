import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes, joinGroup, metadata } from '@odradek/protocol'
import type { Consumer, ConsumerOptions } from '../../src/index.ts'
import { FakeLog } from '../support/fake-log.ts'

interface Scene {
  readonly log: FakeLog
  readonly warnings: string[]
  readonly consumer: Consumer<string, string>
}

function onStage(options: ConsumerOptions<string, string> = {}): Scene {
  const log = new FakeLog(['a0'], ['b0'])
  const warnings: string[] = []
  const consumer = log.consumer({ enableAutoCommit: false, logger: { warn: (line) => void warnings.push(line) }, ...options })
  return { log, warnings, consumer }
}

/** What polls throw meanwhile. */
async function pollFor({ log, consumer }: Scene, totalMs: number): Promise<string[]> {
  const errors: string[] = []
  for (let leftMs = totalMs; leftMs > 0; leftMs -= 500) await log.poll(consumer, 499).catch((error: unknown) => errors.push(String(error)))
  return errors
}

const assigned = (consumer: Consumer<string, string>): string[] =>
  consumer.assignment().map(({ topic, partition }) => `${topic}-${partition}`)

describe('a topic that does not exist yet', () => {
  it('is read from soon after it has come, whatever metadata.max.age.ms says', async () => {
    const scene = onStage()
    await scene.consumer.subscribe(['t', 'later'])
    await pollFor(scene, 20_000)
    assert.deepEqual(assigned(scene.consumer), ['t-0', 't-1'])
    scene.log.cluster.topics.set('later', [1])
    await pollFor(scene, 2000)
    assert.deepEqual(assigned(scene.consumer).sort(), ['later-0', 't-0', 't-1'])
    // And nobody asks any more.
    const asked = scene.log.cluster.of(metadata).length
    await pollFor(scene, 20_000)
    assert.equal(scene.log.cluster.of(metadata).length, asked)
    await scene.consumer.close()
  })

  it('is asked for at the pace of retry.backoff.max.ms, and joined for once', async () => {
    const scene = onStage()
    await scene.consumer.subscribe(['later'])
    await pollFor(scene, 60_000)
    const asked = scene.log.cluster.of(metadata).length
    assert.ok(asked >= 50 && asked <= 75, `${asked} in 60 s`)
    assert.equal(scene.log.group.generation, 1)
    await scene.consumer.unsubscribe()
    await scene.log.cluster.clock.advance(5000)
    assert.ok(scene.log.cluster.of(metadata).length <= asked + 1)
    await scene.consumer.close()
  })

  it('is warned of by name, once until it goes again', async () => {
    const scene = onStage({ groupId: undefined, defaultApiTimeoutMs: 3000 })
    await scene.consumer.assign([
      { topic: 't', partition: 0 },
      { topic: 'later', partition: 0 },
    ])
    await pollFor(scene, 500)
    // The broker may be creating it.
    assert.deepEqual(scene.warnings, [])
    await pollFor(scene, 10_000)
    const warning = "Topic 'later' does not exist (UNKNOWN_TOPIC_OR_PARTITION): nothing is read from it until it is created"
    assert.deepEqual(scene.warnings, [warning])
    scene.log.cluster.topics.set('later', [1])
    await pollFor(scene, 2000)
    assert.deepEqual(scene.warnings, [warning])
    await scene.consumer.close()
  })
})

describe('a topic that cannot be read', () => {
  for (const [errorCode, name] of [
    [ErrorCodes.TOPIC_AUTHORIZATION_FAILED, 'TOPIC_AUTHORIZATION_FAILED'],
    [ErrorCodes.INVALID_TOPIC_EXCEPTION, 'INVALID_TOPIC_EXCEPTION'],
  ] as const) {
    it(`is named by the next poll (${name}), which goes on with the others`, async () => {
      const scene = onStage()
      const { cluster } = scene.log
      cluster.on(metadata, (request) => {
        const { topics, ...rest } = cluster.describe(request)
        return { ...rest, topics: topics.map((each) => (each.name === 'bad' ? { errorCode, name: 'bad', partitions: [] } : each)) }
      })
      await scene.consumer.subscribe(['t', 'bad'])
      const errors = await pollFor(scene, 3000)
      assert.ok(errors.length > 0 && errors.every((error) => error.includes("Topic 'bad': ") && error.includes(name)), errors.join())
      assert.deepEqual(assigned(scene.consumer), ['t-0', 't-1'])
      assert.deepEqual(scene.warnings, [])
      // Time does not mend it.
      assert.ok(cluster.of(metadata).length < 5)
      await assert.rejects(scene.consumer.partitionsFor('bad'), new RegExp(name))
      await scene.consumer.close()
    })
  }
})

describe('a member without a partition says why', () => {
  it('no topic of the list exists', async () => {
    const scene = onStage()
    await scene.consumer.subscribe(['nope', 'neither'])
    await pollFor(scene, 5000)
    const idle = scene.warnings.filter((line) => line.includes('it is idle'))
    const unknown = "'nope' (UNKNOWN_TOPIC_OR_PARTITION), 'neither' (UNKNOWN_TOPIC_OR_PARTITION)"
    assert.deepEqual(idle, [
      `Group 'g' has no partition for this member (m1): it is idle. No topic that it subscribes to can be read: ${unknown}`,
    ])
    await scene.consumer.close()
  })

  it('no topic matches the pattern', async () => {
    const scene = onStage()
    await scene.consumer.subscribe(/^nothing-/)
    await pollFor(scene, 5000)
    assert.deepEqual(scene.warnings, ["Group 'g' has no partition for this member (m1): it is idle. Its pattern matches no topic"])
    assert.ok(scene.log.cluster.of(joinGroup).length > 0)
    await scene.consumer.close()
  })
})
