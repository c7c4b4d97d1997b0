import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apis, apiVersions, encodeResponseFrame, ErrorCodes, listGroups, metadata, produce } from '@odradek/protocol'
import { ConnectionError, Kafka, KafkaError, ProtocolError, TimeoutError, UnsupportedError } from '../../src/index.ts'
import { ClientMetrics } from '../../src/metrics/client-metrics.ts'
import { Connection } from '../../src/connection/connection.ts'
import { negotiateApiVersions } from '../../src/connection/handshake.ts'
import { negotiateVersion } from '../../src/connection/versions.ts'
import { FakeCluster, hangUp, noAnswer } from '../support/fake-cluster.ts'

function connect(cluster: FakeCluster): Promise<Connection> {
  return Connection.connect({
    runtime: cluster.runtime,
    host: 'fake',
    port: 9001,
    address: 'fake:9001',
    timeoutMs: 1000,
    clientId: 'test',
    requestTimeoutMs: 500,
    node: () => 'node-1',
    metrics: new ClientMetrics('test', 'test', { windowMs: 1000, samples: 2, nowMs: () => cluster.clock.monotonicMs() }).network,
  })
}

const empty = { brokers: [], topics: [] }

describe('connection', () => {
  it('negotiates with a broker that does not know the newest ApiVersions', async () => {
    const cluster = new FakeCluster()
    const versions: number[] = []
    cluster.on(apiVersions, (_message, { version }) => {
      versions.push(version)
      // An old broker answers in version 0, which is what every version of the response starts with.
      if (version > 2) return { errorCode: ErrorCodes.UNSUPPORTED_VERSION, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] }
      return { errorCode: 0, apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 9 }] }
    })
    const connection = await connect(cluster)
    await negotiateApiVersions(connection)
    assert.deepEqual(versions, [apiVersions.maxVersion, 2])
    assert.equal(connection.version(metadata), 9)
    assert.throws(() => connection.version(produce), UnsupportedError)
    connection.close()
  })

  it('answers pipelined requests in order', async () => {
    const cluster = new FakeCluster()
    const connection = await connect(cluster)
    await negotiateApiVersions(connection)
    let count = 0
    cluster.on(metadata, () => ({ ...empty, clusterId: `${count++}` }))
    const answers = await Promise.all([0, 1, 2].map(() => connection.send(metadata, { topics: [] })))
    assert.deepEqual(
      answers.map(({ clusterId }) => clusterId),
      ['0', '1', '2'],
    )
    assert.equal(connection.inFlight, 0)
    connection.close()
  })

  it('gives up the connection, and all that waits on it, when an answer is late', async () => {
    const cluster = new FakeCluster()
    const connection = await connect(cluster)
    await negotiateApiVersions(connection)
    cluster.on(metadata, () => noAnswer)
    const all = Promise.allSettled([connection.send(metadata, { topics: [] }), connection.send(metadata, { topics: [] }, 5000)])
    await cluster.clock.advance(600)
    for (const result of await all) {
      assert.ok(result.status === 'rejected' && result.reason instanceof TimeoutError)
      assert.match(result.reason.message, /fake:9001 has not answered Metadata within 500 ms/)
    }
    assert.equal(connection.isOpen, false)
    await assert.rejects(connection.send(metadata, { topics: [] }), TimeoutError)
  })

  it('rejects what is under way when the connection breaks', async () => {
    const cluster = new FakeCluster()
    const connection = await connect(cluster)
    await negotiateApiVersions(connection)
    cluster.on(metadata, () => hangUp)
    await assert.rejects(connection.send(metadata, { topics: [] }), ConnectionError)
  })

  it('ends on an answer that makes no sense', async () => {
    const cluster = new FakeCluster()
    const connection = await connect(cluster)
    await negotiateApiVersions(connection)
    cluster.on(metadata, () => Buffer.from([0, 0, 0, 3, 1, 2, 3]))
    await assert.rejects(connection.send(metadata, { topics: [] }), ProtocolError)
    assert.equal(connection.isOpen, false)
  })

  it('takes no answer to another request for its own', async () => {
    const cluster = new FakeCluster()
    const connection = await connect(cluster)
    await negotiateApiVersions(connection)
    cluster.on(metadata, (_message, { version }) => Buffer.concat(encodeResponseFrame(metadata, version, 999, empty)))
    await assert.rejects(connection.send(metadata, { topics: [] }), ProtocolError)
    assert.equal(connection.isOpen, false)
  })

  it('picks the newest version that both sides make use of', () => {
    assert.equal(negotiateVersion(produce, { min: 0, max: 99 }, 'a'), 12)
    assert.equal(negotiateVersion(produce, { min: 0, max: 7 }, 'a'), 7)
    assert.throws(() => negotiateVersion(produce, { min: 0, max: 2 }, 'a'), /serves Produce in versions 0 to 2, this client speaks 3 to 12/)
    assert.throws(() => negotiateVersion(produce, undefined, 'a'), /does not serve Produce/)
    for (const api of apis) assert.ok(negotiateVersion(api, { min: 0, max: 99 }, 'a') <= api.maxVersion)
  })
})

describe('cluster', () => {
  it('any live bootstrap server is enough', async () => {
    const cluster = new FakeCluster([3])
    const kafka = new Kafka({ bootstrapServers: 'fake:9001,fake:9002,fake:9003', runtime: cluster.runtime })
    const admin = kafka.admin()
    cluster.topics.set('t', [3])
    const listed = admin.listTopics()
    await cluster.clock.advance(2000)
    assert.deepEqual(
      (await listed).map(({ topic }) => topic),
      ['t'],
    )
    await kafka.close()
  })

  it('meets the cluster anew when every known node is gone', async () => {
    const cluster = new FakeCluster([1])
    const admin = new Kafka({ bootstrapServers: 'fake:9001,fake:9002', runtime: cluster.runtime }).admin()
    cluster.on(listGroups, () => ({ errorCode: 0, groups: [] }))
    const first = admin.listGroups()
    await cluster.clock.advance(1000)
    await first
    cluster.nodes.splice(0, 1, 2)
    cluster.cut(1)
    const second = admin.listGroups()
    await cluster.clock.advance(5000)
    assert.deepEqual(await second, [])
    assert.equal(cluster.requests.at(-1)?.node, 2)
    await admin.close()
  })

  it('says who could not be reached', async () => {
    const cluster = new FakeCluster([])
    const admin = new Kafka({
      bootstrapServers: 'fake:9001',
      runtime: cluster.runtime,
      properties: { 'default.api.timeout.ms': 1000 },
    }).admin()
    const failed = admin.listTopics().catch((error: unknown) => error)
    await cluster.clock.advance(2000)
    const error = await failed
    assert.ok(error instanceof TimeoutError)
    assert.match(error.message, /No broker can be reached through fake:9001.*ECONNREFUSED/)
    assert.ok(error.cause instanceof KafkaError)
    await admin.close()
  })

  it('closes a connection that has been idle for connections.max.idle.ms', async () => {
    const cluster = new FakeCluster([1])
    const admin = new Kafka({ bootstrapServers: 'fake:9001', runtime: cluster.runtime, connectionsMaxIdleMs: 1000 }).admin()
    const first = admin.listTopics()
    await cluster.clock.advance(100)
    await first
    assert.equal(cluster.openSockets, 1)
    await cluster.clock.advance(1500)
    assert.equal(cluster.openSockets, 0)
    await admin.close()
  })
})
