import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import { ErrorCodes, findCoordinator, listGroups, metadata, produce } from '@odradek/protocol'
import type { ChannelEvents, CommonConfig } from '../../src/index.ts'
import { ConnectionError, Kafka } from '../../src/index.ts'
import { FakeCluster, noAnswer } from '../support/fake-cluster.ts'
import { settle } from '../support/manual-clock.ts'
import { Weather } from '../support/weather.ts'

function start(nodes: number[], config: Partial<CommonConfig> = {}) {
  const cluster = new FakeCluster(nodes)
  const weather = new Weather(cluster)
  cluster.on(produce, ({ topicData }) => ({
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: 0, baseOffset: 0 })),
    })),
    throttleTimeMs: 0,
  }))
  const { bootstrapServers } = cluster
  const kafka = new Kafka({ bootstrapServers, ...config, runtime: weather.runtime })
  return { cluster, weather, kafka }
}

/** A cluster of which one node answers nothing but the handshake from now on. */
function hang(cluster: FakeCluster, hung: number): void {
  cluster.on(metadata, (request, { node }) => (node === hung ? noAnswer : cluster.describe(request)))
}

describe('connections of a client', () => {
  it('starts from any server that accepts, while others swallow the attempt', async () => {
    const { cluster, weather, kafka } = start([1], { bootstrapServers: ['dead:9001', 'deader:9001', 'fake:9001'] })
    weather.swallowing.add('dead').add('deader')
    const topics = kafka.admin().listTopics()
    await cluster.clock.advance(2100)
    assert.deepEqual(await topics, [])
    await kafka.close()
  })

  it('says through which addresses it could not get in, and why', async () => {
    const { cluster, weather, kafka } = start([1], { bootstrapServers: ['dead:9001', 'nowhere:9001'] })
    weather.refusing.add('dead')
    weather.names.set('nowhere', [])
    const topics = kafka.admin({ defaultApiTimeoutMs: 500 }).listTopics()
    topics.catch(() => undefined)
    await cluster.clock.advance(1000)
    await assert.rejects(topics, /No broker can be reached through dead:9001, nowhere:9001: (Cannot connect to|Cannot find the address of)/)
    await kafka.close()
  })

  it('tries the address that worked last time first, and another when that one fails', async () => {
    const { cluster, weather, kafka } = start([1], { bootstrapServers: 'many:9001', reconnectBackoffMs: 0, reconnectBackoffMaxMs: 0 })
    weather.names.set('many', ['10.0.0.1', 'fake'])
    weather.refusing.add('10.0.0.1')
    const admin = kafka.admin()
    const hosts = (): string[] => weather.calls.splice(0).map(({ host }) => host)
    await admin.listTopics()
    assert.deepEqual(hosts(), ['10.0.0.1', 'fake'])
    cluster.cut(1)
    await admin.listTopics()
    assert.deepEqual(hosts(), ['fake'])
    cluster.cut(1)
    weather.refusing.add('fake').delete('10.0.0.1')
    await admin.listTopics()
    assert.deepEqual(hosts(), ['fake', '10.0.0.1'])
    await kafka.close()
  })

  it('asks another broker for metadata when the one that it is connected to hangs', async () => {
    const { cluster, kafka } = start([1, 2, 3], { bootstrapServers: 'fake:9001' })
    cluster.topics.set('t', [2]).set('u', [3])
    const producer = kafka.producer()
    await producer.partitionsFor('t')
    hang(cluster, 1)
    const asked = producer.partitionsFor('u')
    await cluster.clock.advance(1100)
    assert.equal((await asked).length, 1)
    await kafka.close()
  })

  it('keeps sending to the other brokers while one hangs and another cannot be connected to', async () => {
    const { cluster, weather, kafka } = start([1, 2, 3], { bootstrapServers: 'fake:9003' })
    cluster.topics.set('t', [1, 2, 3])
    const producer = kafka.producer({ lingerMs: 0 })
    await producer.partitionsFor('t')
    cluster.on(produce, ({ topicData }, { node }) =>
      node === 1
        ? noAnswer
        : {
            responses: topicData.map(({ name }) => ({ name, partitionResponses: [{ index: node - 1, errorCode: 0, baseOffset: 0 }] })),
            throttleTimeMs: 0,
          },
    )
    weather.swallowing.add('fake:9002')
    const settled: number[] = []
    for (const partition of [0, 1, 2]) {
      producer.send({ topic: 't', partition, value: 'v' }).then(
        () => settled.push(partition),
        () => undefined,
      )
    }
    await cluster.clock.advance(50)
    assert.deepEqual(settled, [2])
    for (let count = 0; count < 5; count++) {
      const sent = producer.send({ topic: 't', partition: 2, value: 'v' })
      await cluster.clock.advance(100)
      assert.equal((await sent).partition, 2)
    }
    const closing = producer.close({ timeoutMs: 0 })
    await cluster.clock.advance(10)
    await closing
  })

  it('finds the coordinator through another broker when one hangs', async () => {
    const { cluster, kafka } = start([1, 2])
    const admin = kafka.admin()
    await admin.listTopics()
    const hung = cluster.requests[0]?.node
    cluster.on(findCoordinator, ({ coordinatorKeys }, { node }) =>
      node === hung
        ? noAnswer
        : { coordinators: coordinatorKeys.map((key) => ({ key, nodeId: -1, host: '', port: -1, errorCode: 30, errorMessage: null })) },
    )
    const described = admin.describeGroups(['g'])
    described.catch(() => undefined)
    await cluster.clock.advance(1500)
    await assert.rejects(described, /GROUP_AUTHORIZATION_FAILED/)
    await kafka.close()
  })

  it('starts over when a broker asks for it, and fails the request only when told to', async () => {
    for (const strategy of ['rebootstrap', 'none'] as const) {
      const { cluster, kafka } = start([1], { metadataRecoveryStrategy: strategy })
      cluster.topics.set('t', [1]).set('u', [1])
      const producer = kafka.producer({ maxBlockMs: 1000 })
      await producer.partitionsFor('t')
      let asked = 0
      cluster.on(metadata, (request) => ({
        ...cluster.describe(request),
        errorCode: asked++ === 0 ? ErrorCodes.REBOOTSTRAP_REQUIRED : ErrorCodes.NONE,
      }))
      const outcome = producer.partitionsFor('u')
      if (strategy === 'rebootstrap') assert.equal((await outcome).length, 1)
      else await assert.rejects(outcome, /REBOOTSTRAP_REQUIRED/)
      await kafka.close()
    }
  })

  it('starts over once, though several bootstrap servers answer late', async () => {
    const { cluster, weather, kafka } = start([1], { bootstrapServers: ['front:9001', 'back:9001'], clientId: 'late' })
    cluster.topics.set('t', [1]).set('u', [1])
    const producer = kafka.producer({ enableIdempotence: false })
    await producer.partitionsFor('t')
    await settle()
    cluster.cut(1)
    weather.refusing.add('fake')
    cluster.on(metadata, async (request) => {
      await new Promise<void>((resolve) => {
        cluster.clock.setTimer(1500, resolve)
      })
      return cluster.describe(request)
    })
    const events: string[] = []
    const listener = (event: unknown): void => {
      const { clientId, event: what } = event as ChannelEvents['odradek:metadata']
      if (clientId === 'late') events.push(what)
    }
    subscribe('odradek:metadata', listener)
    const found = producer.partitionsFor('u')
    await cluster.clock.advance(6000)
    assert.equal((await found).length, 1)
    unsubscribe('odradek:metadata', listener)
    assert.deepEqual(events, ['rebootstrap', 'update'])
    await kafka.close()
  })

  it('refuses what is asked of it once it is closed, also while it waits for a throttled broker', async () => {
    const { cluster, kafka } = start([1])
    const admin = kafka.admin()
    cluster.on(listGroups, () => ({ throttleTimeMs: 60_000, errorCode: 0, groups: [] }))
    await admin.listGroups()
    const waiting = admin.listGroups()
    waiting.catch(() => undefined)
    await settle()
    await kafka.close()
    await cluster.clock.advance(61_000)
    await assert.rejects(waiting)
    await assert.rejects(admin.listTopics(), (error) => !(error instanceof ConnectionError))
  })
})

describe('a throttle time', () => {
  it('holds the next requests to that broker, and no other', async () => {
    const { cluster, kafka } = start([1, 2])
    cluster.topics.set('t', [1, 2])
    cluster.on(produce, ({ topicData }, { node }) => ({
      responses: topicData.map(({ name, partitionData }) => ({
        name,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: 0, baseOffset: 0 })),
      })),
      throttleTimeMs: node === 1 ? 700 : 0,
    }))
    const producer = kafka.producer({ lingerMs: 0 })
    const send = (partition: number): Promise<unknown> => producer.send({ topic: 't', partition, value: 'v' })
    await Promise.all([send(0), send(1), cluster.clock.advance(0)])
    const sentTo = (asked: number): number => cluster.requests.filter(({ api, node }) => api.key === produce.key && node === asked).length
    assert.deepEqual([sentTo(1), sentTo(2)], [1, 1])
    const held = send(0)
    await send(1)
    await cluster.clock.advance(650)
    assert.deepEqual([sentTo(1), sentTo(2)], [1, 2])
    await cluster.clock.advance(100)
    await held
    assert.deepEqual([sentTo(1), sentTo(2)], [2, 2])
    const figures = new Map(producer.metrics().map(({ name, value }) => [name, value]))
    assert.equal(figures.get('produce-throttle-time-max'), 700)
    const closing = kafka.close()
    await cluster.clock.advance(1000)
    await closing
  })
})
