/** Every key that bounds groups and their offsets, set on a broker, has an effect that a client sees; in virtual time where it takes long. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeConfigs, ErrorCodes, findCoordinator, joinGroup, leaveGroup, metadata, offsetCommit, syncGroup } from '@odradek/protocol'
import { withBroker } from '../support/broker.ts'
import type { FileFaults } from '../support/file-faults.ts'
import { brokerHost, type SimulatedTest, startSimulated, withSimulatedBroker } from '../support/simulated-broker.ts'
import { committedOffset } from '../support/transactional-client.ts'
import type { WireClient } from '../support/wire-client.ts'

const groupId = 'billing'
const noDelay = { 'group.initial.rebalance.delay.ms': '0' }
/** Fewer to wait for. */
const oneShard = { 'offsets.topic.num.partitions': '1' }
const topics = { orders: { partitions: 1 } }

async function join(client: WireClient, change: { readonly memberId?: string; readonly sessionTimeoutMs?: number } = {}) {
  const request = { groupId, memberId: '', sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 60_000, protocolType: 'consumer' }
  const protocols = [{ name: 'range', metadata: Buffer.from([0, 1]) }]
  return await client.request(joinGroup, 9, { ...request, protocols, ...change })
}

async function commit(client: WireClient, committedMetadata: string, member: object = { memberId: '' }): Promise<number | undefined> {
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata }]
  const { topics: answers } = await client.request(offsetCommit, 9, {
    groupId,
    memberId: '',
    ...member,
    topics: [{ name: 'orders', partitions }],
  })
  return answers[0]?.partitions[0]?.errorCode
}

async function offsetsTopicConfig(client: WireClient, name: string): Promise<string | null | undefined> {
  const resources = [{ resourceType: 2, resourceName: '__consumer_offsets', configurationKeys: [name] }]
  const { results } = await client.request(describeConfigs, 4, { resources })
  return results[0]?.configs[0]?.value
}

const effects: Readonly<Record<string, { readonly value: string; readonly observe: (client: WireClient) => Promise<void> }>> = {
  'group.min.session.timeout.ms': {
    value: '20000',
    observe: async (client) => {
      assert.equal((await join(client, { sessionTimeoutMs: 19_999 })).errorCode, ErrorCodes.INVALID_SESSION_TIMEOUT)
      assert.equal((await join(client, { sessionTimeoutMs: 20_000 })).errorCode, ErrorCodes.MEMBER_ID_REQUIRED)
    },
  },
  'group.max.session.timeout.ms': {
    value: '20000',
    observe: async (client) => {
      assert.equal((await join(client, { sessionTimeoutMs: 20_001 })).errorCode, ErrorCodes.INVALID_SESSION_TIMEOUT)
      assert.equal((await join(client, { sessionTimeoutMs: 20_000 })).errorCode, ErrorCodes.MEMBER_ID_REQUIRED)
    },
  },
  'group.max.size': {
    value: '1',
    observe: async (client) => {
      const { memberId } = await join(client)
      assert.equal((await join(client, { memberId })).errorCode, ErrorCodes.NONE)
      assert.equal((await join(client)).errorCode, ErrorCodes.GROUP_MAX_SIZE_REACHED)
    },
  },
  'offset.metadata.max.bytes': {
    value: '3',
    observe: async (client) => {
      assert.equal(await commit(client, 'four'), ErrorCodes.OFFSET_METADATA_TOO_LARGE)
      assert.equal(await commit(client, 'two'), ErrorCodes.NONE)
    },
  },
  'offsets.topic.num.partitions': {
    value: '7',
    observe: async (client) => {
      const answer = await client.request(metadata, 12, { topics: [{ name: '__consumer_offsets' }], allowAutoTopicCreation: false })
      assert.equal(answer.topics[0]?.partitions.length, 7)
    },
  },
  'offsets.topic.segment.bytes': {
    value: '2097152',
    observe: async (client) => assert.equal(await offsetsTopicConfig(client, 'segment.bytes'), '2097152'),
  },
}

interface EffectInTime {
  readonly value: string
  readonly beside?: Readonly<Record<string, string>>
  readonly faults?: FileFaults
  readonly observe: (test: SimulatedTest) => Promise<void>
}

const offsetOf = async (client: WireClient): Promise<number> => (await committedOffset(client, groupId, 'orders', true)).committedOffset

const effectsInTime: Readonly<Record<string, EffectInTime>> = {
  'offsets.retention.minutes': {
    value: '2',
    beside: { 'offsets.retention.check.interval.ms': '1000' },
    observe: async ({ client, simulation }) => {
      assert.equal(await commit(client, ''), ErrorCodes.NONE)
      await simulation.sleep(118_000)
      assert.equal(await offsetOf(client), 0)
      await simulation.sleep(4000)
      assert.equal(await offsetOf(client), -1)
    },
  },
  'offsets.retention.check.interval.ms': {
    value: '600000',
    beside: { 'offsets.retention.minutes': '1' },
    observe: async ({ client, simulation }) => {
      assert.equal(await commit(client, ''), ErrorCodes.NONE)
      await simulation.sleep(590_000)
      assert.equal(await offsetOf(client), 0)
      await simulation.sleep(20_000)
      assert.equal(await offsetOf(client), -1)
    },
  },
  'offsets.commit.timeout.ms': {
    value: '700',
    faults: { beforeWrite: (path) => (/__consumer_offsets-.*\.log$/.test(path) ? new Promise(() => undefined) : undefined) },
    observe: async ({ client, simulation }) => {
      const beganMs = simulation.elapsedMs
      assert.equal(await commit(client, ''), ErrorCodes.COORDINATOR_NOT_AVAILABLE)
      const tookMs = simulation.elapsedMs - beganMs
      assert.ok(tookMs >= 700 && tookMs < 1000, `${tookMs} ms`)
    },
  },
}

/** Makes the topic that commits are kept in. */
async function findGroup(client: WireClient): Promise<void> {
  await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId] })
}

describe('the broker’s keys of groups', () => {
  for (const [key, { value, observe }] of Object.entries(effects)) {
    it(key, async () => {
      await withBroker({ config: { ...noDelay, [key]: value }, topics }, async ({ client }) => {
        await findGroup(client)
        await observe(client)
      })
    })
  }
  for (const [key, { value, beside, faults, observe }] of Object.entries(effectsInTime)) {
    it(key, () =>
      withSimulatedBroker(
        { config: { ...oneShard, ...beside, [key]: value }, topics },
        async (test) => {
          await findGroup(test.client)
          await observe(test)
        },
        faults,
      ),
    )
  }
})

it('offsets of a group that was left expire by the time at which it was, over a restart', async () => {
  const options = {
    config: { ...noDelay, ...oneShard, 'offsets.retention.minutes': '2', 'offsets.retention.check.interval.ms': '1000' },
    topics,
  }
  await withSimulatedBroker(options, async ({ client, simulation }) => {
    await findGroup(client)
    const { memberId } = await join(client)
    const { generationId } = await join(client, { memberId })
    const member = { groupId, memberId }
    const assignments = [{ memberId, assignment: Buffer.alloc(0) }]
    assert.equal(
      (await client.request(syncGroup, 5, { ...member, generationId, protocolType: 'consumer', protocolName: 'range', assignments }))
        .errorCode,
      ErrorCodes.NONE,
    )
    assert.equal(await commit(client, '', { memberId, generationIdOrMemberEpoch: generationId }), ErrorCodes.NONE)
    await simulation.sleep(20_000)
    await client.request(leaveGroup, 5, { groupId, members: [{ memberId, groupInstanceId: null, reason: null }] })
    await simulation.sleep(60_000)
    simulation.kill(brokerHost)
    const again = await startSimulated(simulation, options)
    await simulation.sleep(57_000)
    assert.equal(await offsetOf(again), 0, 'two minutes after the commit, and not yet after the member left')
    await simulation.sleep(5000)
    assert.equal(await offsetOf(again), -1)
  })
})
