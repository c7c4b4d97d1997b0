import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeCluster, ErrorCodes, listGroups, metadata } from '@odradek/protocol'
import type { CommonConfig } from '../../src/index.ts'
import { ConfigError, Kafka } from '../../src/index.ts'
import { FakeCluster, noAnswer } from '../support/fake-cluster.ts'
import { settle } from '../support/manual-clock.ts'
import { Weather } from '../support/weather.ts'

function start(config: Partial<CommonConfig>, nodes = [1]) {
  const cluster = new FakeCluster(nodes)
  const weather = new Weather(cluster)
  const { bootstrapServers } = cluster
  return { cluster, weather, kafka: new Kafka({ bootstrapServers, ...config, runtime: weather.runtime }) }
}

/** What TLS the first connection is made with. */
async function tlsWith(config: Partial<CommonConfig>) {
  const { kafka, weather } = start(config)
  await kafka.admin().listTopics()
  await kafka.close()
  return weather.calls[0]?.tls
}

/** Monotonic times of the attempts at a request that always fails and may be tried again, after so many milliseconds. */
async function retriesWithin(forMs: number, config: Partial<CommonConfig>): Promise<number[]> {
  const { cluster, kafka } = start(config)
  const at: number[] = []
  cluster.on(describeCluster, () => {
    at.push(cluster.clock.monotonicMs())
    return { throttleTimeMs: 0, errorCode: ErrorCodes.REQUEST_TIMED_OUT, clusterId: '', controllerId: 1, brokers: [] }
  })
  kafka
    .admin()
    .describeCluster()
    .catch(() => undefined)
  await cluster.clock.advance(forMs)
  await kafka.close()
  return at
}

/** Pauses between the attempts to connect to a broker that refuses. */
async function reconnectsWithin(forMs: number, config: Partial<CommonConfig>): Promise<number[]> {
  const { cluster, weather, kafka } = start({ retryBackoffMs: 0, retryBackoffMaxMs: 0, ...config })
  weather.refusing.add('fake')
  kafka
    .admin({ defaultApiTimeoutMs: forMs })
    .describeCluster()
    .catch(() => undefined)
  await cluster.clock.advance(forMs + 1000)
  await kafka.close()
  return gaps(weather.calls.map(({ atMs }) => atMs))
}

/** How long each attempt to connect to an address that swallows it goes on. */
async function setupTimes(config: Partial<CommonConfig>): Promise<number[]> {
  const noPause = { retryBackoffMs: 0, retryBackoffMaxMs: 0, reconnectBackoffMs: 0, reconnectBackoffMaxMs: 0 }
  const { cluster, weather, kafka } = start({ ...noPause, ...config })
  weather.swallowing.add('fake')
  kafka
    .admin()
    .describeCluster()
    .catch(() => undefined)
  await cluster.clock.advance(60_000)
  await kafka.close()
  return gaps(weather.calls.map(({ atMs }) => atMs))
}

/** Average latency `afterMs` a request, and whether there is one. */
async function latencyAfter(afterMs: number, config: Partial<CommonConfig>): Promise<boolean> {
  const { cluster, kafka } = start(config)
  const admin = kafka.admin()
  await admin.listTopics()
  await cluster.clock.advance(afterMs)
  const latency = admin.metrics().find(({ name, group }) => name === 'request-latency-avg' && group === 'admin-client-metrics')
  await kafka.close()
  return !Number.isNaN(latency?.value ?? Number.NaN)
}

/** Two brokers known of, then both gone, and another reached by the bootstrap address alone. */
async function afterAllAreGone(config: Partial<CommonConfig>): Promise<string> {
  const { cluster, weather, kafka } = start({ bootstrapServers: 'front:9001', retryBackoffMs: 10, ...config })
  cluster.topics.set('t', [1])
  const producer = kafka.producer()
  await producer.partitionsFor('t')
  await settle()
  // The cluster has moved: only its front door is where it was, and leads elsewhere.
  cluster.cut(1)
  cluster.nodes.push(2)
  weather.refusing.add('fake:9001')
  const outcome = producer.partitionsFor('u').then(
    () => 'found',
    () => 'lost',
  )
  cluster.topics.set('u', [2])
  await cluster.clock.advance(61_000)
  await kafka.close()
  return outcome
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0))
}

const near = (actual: number | undefined, expected: number): boolean =>
  actual !== undefined && Math.abs(actual - expected) <= expected * 0.21

/** A test a key: one that is added to the table without a test here does not compile. */
const effects = {
  bootstrapServers: async () => {
    const { kafka } = start({ bootstrapServers: ['fake:9009', 'fake:9001'] })
    assert.ok(await kafka.admin().listTopics())
    await kafka.close()
  },
  clientDnsLookup: async () => {
    const { kafka, weather } = start({ bootstrapServers: 'many:9001', clientDnsLookup: 'use_all_dns_ips' })
    weather.names.set('many', ['10.0.0.1', '10.0.0.2', 'fake'])
    weather.refusing.add('10.0.0.1').add('10.0.0.2')
    await kafka.admin().listTopics()
    assert.deepEqual(
      weather.calls.map(({ host }) => host),
      ['10.0.0.1', '10.0.0.2', 'fake'],
    )
    await kafka.close()
    assert.throws(() => start({}).kafka.admin({ properties: { 'client.dns.lookup': 'default' } }), ConfigError)
  },
  clientId: async () => {
    const { cluster, kafka } = start({ clientId: 'billing' })
    await kafka.admin().listTopics()
    assert.ok(cluster.requests.every(({ clientId }) => clientId === 'billing'))
    const tagged = kafka.admin().metrics()
    assert.ok(tagged.length > 0 && tagged.every(({ tags }) => tags['client-id'] === 'billing'))
    await kafka.close()
  },
  requestTimeoutMs: async () => {
    const { cluster, kafka } = start({ requestTimeoutMs: 700 })
    cluster.on(listGroups, () => noAnswer)
    const listing = kafka.admin({ defaultApiTimeoutMs: 750 }).listGroups()
    listing.catch(() => undefined)
    await cluster.clock.advance(800)
    await assert.rejects(listing, /has not answered ListGroups within 700 ms/)
    await kafka.close()
  },
  retryBackoffMs: async () => {
    const [first, second] = gaps(await retriesWithin(5000, { retryBackoffMs: 200, retryBackoffMaxMs: 1000 }))
    assert.ok(near(first, 200) && near(second, 400), `${first} ${second}`)
  },
  retryBackoffMaxMs: async () => {
    const pauses = gaps(await retriesWithin(5000, { retryBackoffMs: 100, retryBackoffMaxMs: 100 }))
    assert.ok(pauses.length > 20 && pauses.every((pause) => near(pause, 100)))
  },
  reconnectBackoffMs: async () => {
    const [first, second] = await reconnectsWithin(3000, { reconnectBackoffMs: 300, reconnectBackoffMaxMs: 5000 })
    assert.ok(near(first, 300) && near(second, 600), `${first} ${second}`)
  },
  reconnectBackoffMaxMs: async () => {
    const pauses = await reconnectsWithin(3000, { reconnectBackoffMs: 100, reconnectBackoffMaxMs: 100 })
    assert.ok(pauses.length > 10 && pauses.every((pause) => near(pause, 100)))
  },
  socketConnectionSetupTimeoutMs: async () => {
    const times = await setupTimes({ socketConnectionSetupTimeoutMs: 2000 })
    assert.deepEqual(times.slice(0, 3), [2000, 4000, 8000])
  },
  socketConnectionSetupTimeoutMaxMs: async () => {
    const times = await setupTimes({ socketConnectionSetupTimeoutMs: 2000, socketConnectionSetupTimeoutMaxMs: 3000 })
    assert.deepEqual(times.slice(0, 3), [2000, 3000, 3000])
  },
  connectionsMaxIdleMs: async () => {
    const { cluster, kafka } = start({ connectionsMaxIdleMs: 5000 })
    await kafka.admin().listTopics()
    await cluster.clock.advance(4900)
    assert.equal(cluster.openSockets, 1)
    await cluster.clock.advance(200)
    assert.equal(cluster.openSockets, 0)
    await kafka.close()
    const { cluster: lasting, kafka: never } = start({ connectionsMaxIdleMs: -1 })
    await never.admin().listTopics()
    await lasting.clock.advance(10_000_000)
    assert.equal(lasting.openSockets, 1)
    await never.close()
    // Kafka's default is another for administrators.
    const { cluster: other, kafka: administrators } = start({})
    await administrators.admin().listTopics()
    await other.clock.advance(299_000)
    assert.equal(other.openSockets, 1)
    await other.clock.advance(2000)
    assert.equal(other.openSockets, 0)
    await administrators.close()
  },
  metadataMaxAgeMs: async () => {
    const { cluster, kafka } = start({ metadataMaxAgeMs: 2000 })
    cluster.topics.set('t', [1])
    const producer = kafka.producer()
    const count = async (): Promise<number> => (await producer.partitionsFor('t')).length
    assert.equal(await count(), 1)
    const before = cluster.of(metadata).length
    cluster.topics.set('t', [1, 1])
    await cluster.clock.advance(1900)
    assert.equal(await count(), 1)
    await cluster.clock.advance(200)
    assert.equal(await count(), 2)
    assert.equal(cluster.of(metadata).length, before + 1)
    await kafka.close()
  },
  metadataRecoveryStrategy: async () => {
    assert.equal(await afterAllAreGone({ metadataRecoveryStrategy: 'rebootstrap' }), 'found')
    assert.equal(await afterAllAreGone({ metadataRecoveryStrategy: 'none' }), 'lost')
  },
  metadataRecoveryRebootstrapTriggerMs: async () => {
    for (const [triggerMs, isExpected] of [
      [5000, true],
      [300_000, false],
    ] as const) {
      const { cluster, weather, kafka } = start({
        bootstrapServers: 'front:9001',
        metadataRecoveryRebootstrapTriggerMs: triggerMs,
        requestTimeoutMs: 2000,
      })
      cluster.topics.set('t', [1])
      const producer = kafka.producer()
      await producer.partitionsFor('t')
      // The broker that is known accepts connections still, and never answers.
      cluster.on(metadata, () => noAnswer)
      weather.refusing.add('front')
      producer.partitionsFor('u').catch(() => undefined)
      weather.calls.length = 0
      await cluster.clock.advance(20_000)
      const calls = weather.calls.filter(({ host }) => host === 'fake').length
      // Once the client has started over, nothing is known but the front door.
      assert.equal(calls < 4, isExpected, `${calls} calls`)
      await kafka.close()
    }
  },
  metricsSampleWindowMs: async () => {
    assert.ok(await latencyAfter(1900, { metricsSampleWindowMs: 1000 }))
    assert.ok(!(await latencyAfter(2100, { metricsSampleWindowMs: 1000 })))
  },
  metricsNumSamples: async () => {
    assert.ok(await latencyAfter(2100, { metricsSampleWindowMs: 1000, metricsNumSamples: 3 }))
    assert.ok(!(await latencyAfter(3100, { metricsSampleWindowMs: 1000, metricsNumSamples: 3 })))
  },
  securityProtocol: async () => {
    assert.ok(await tlsWith({ securityProtocol: 'SSL' }))
    assert.equal(await tlsWith({ securityProtocol: 'PLAINTEXT' }), undefined)
  },
  sslTruststoreCertificates: async () => {
    assert.equal((await tlsWith({ securityProtocol: 'SSL', sslTruststoreCertificates: 'CA' }))?.ca, 'CA')
  },
  sslKeystoreCertificateChain: async () => {
    const sslKeystoreCertificateChain = 'CHAIN'
    assert.equal((await tlsWith({ securityProtocol: 'SSL', sslKeystoreCertificateChain, sslKeystoreKey: 'KEY' }))?.cert, 'CHAIN')
    await assert.rejects(tlsWith({ securityProtocol: 'SSL', sslKeystoreCertificateChain }), /certificate and its key go together/)
  },
  sslKeystoreKey: async () => {
    const sslKeystoreKey = 'KEY'
    assert.equal((await tlsWith({ securityProtocol: 'SSL', sslKeystoreCertificateChain: 'CHAIN', sslKeystoreKey }))?.key, 'KEY')
    await assert.rejects(tlsWith({ securityProtocol: 'SSL', sslKeystoreKey }), /certificate and its key go together/)
  },
  sslKeyPassword: async () => {
    assert.equal((await tlsWith({ securityProtocol: 'SSL', sslKeyPassword: 'hush' }))?.passphrase, 'hush')
  },
  sslEndpointIdentificationAlgorithm: async () => {
    // Whose name it is, that is all: a certificate that nobody vouches for is refused as ever.
    assert.deepEqual(await tlsWith({ securityProtocol: 'SSL', sslEndpointIdentificationAlgorithm: '' }), {
      serverName: 'fake',
      verifyName: false,
    })
    assert.deepEqual(await tlsWith({ securityProtocol: 'SSL', sslEndpointIdentificationAlgorithm: 'https' }), { serverName: 'fake' })
  },
} satisfies Record<keyof CommonConfig, () => Promise<void>>

describe('every key that all clients share does something', () => {
  for (const [name, effect] of Object.entries(effects)) {
    it(name, async () => {
      await effect()
      await settle()
    })
  }
})
