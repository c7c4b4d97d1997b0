import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { describeCluster, metadata } from '@odradek/protocol'
import { endpointFor } from '../../src/node.ts'
import { withBroker } from '../support/broker.ts'
import { one } from '../support/requests.ts'
import { WireClient } from '../support/wire-client.ts'

async function told(port: number, host: string): Promise<string> {
  const client = await WireClient.connect(port, host)
  const { brokers } = await client.request(metadata, 12, { topics: [] })
  const cluster = await client.request(describeCluster, 1, { includeClusterAuthorizedOperations: false })
  await client.close()
  const broker = one(brokers)
  assert.deepEqual([one(cluster.brokers).host, one(cluster.brokers).port], [broker.host, broker.port])
  return `${broker.host}:${broker.port}`
}

test('an address is advertised as it was given', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    await withBroker({ host }, async ({ broker }) => {
      assert.equal(broker.bootstrapServers, `${host}:${broker.port}`)
      assert.equal(await told(broker.port, host), `${host}:${broker.port}`)
    })
  }
})

test('every interface: a client is sent back to the address that it used', async () => {
  await withBroker({ host: '0.0.0.0' }, async ({ broker }) => {
    assert.equal(broker.bootstrapServers, `127.0.0.1:${broker.port}`)
    assert.equal(await told(broker.port, '127.0.0.1'), `127.0.0.1:${broker.port}`)
    assert.equal(await told(broker.port, '127.0.0.2'), `127.0.0.2:${broker.port}`)
  })
})

test('advertised.listeners says otherwise; port 0 in it stands for the one that was got', async () => {
  await withBroker({ config: { 'advertised.listeners': 'PLAINTEXT://kafka.example.com:19092' } }, async ({ broker }) => {
    assert.equal(await told(broker.port, '127.0.0.1'), 'kafka.example.com:19092')
  })
  await withBroker({ config: { 'advertised.listeners': `PLAINTEXT://${hostname()}:0` } }, async ({ broker }) => {
    assert.equal(await told(broker.port, '127.0.0.1'), `${hostname()}:${broker.port}`)
  })
})

test('broker.rack is told with the address', async () => {
  await withBroker({ config: { 'broker.rack': 'eu-west-1a' } }, async ({ client }) => {
    assert.equal(one((await client.request(metadata, 12, { topics: [] })).brokers).rack, 'eu-west-1a')
    const cluster = await client.request(describeCluster, 1, { includeClusterAuthorizedOperations: false })
    assert.equal(one(cluster.brokers).rack, 'eu-west-1a')
  })
})

test('several listeners: a client stays on the one that it came in through', async () => {
  const config = {
    listeners: 'INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0',
    'advertised.listeners': 'INSIDE://inside.example.com:1,OUTSIDE://outside.example.com:2',
    'listener.security.protocol.map': 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT',
  }
  await withBroker({ config }, async ({ broker }) => {
    assert.equal(await told(broker.port, '127.0.0.1'), 'inside.example.com:1')
  })
  const bound = { host: '0.0.0.0', port: 9 }
  const node = { nodeId: 1, rack: null, listeners: [{ name: 'A', securityProtocol: 'PLAINTEXT' as const, bound, advertised: undefined }] }
  assert.deepEqual(endpointFor(node, 'A', '10.0.0.7'), { host: '10.0.0.7', port: 9 })
  assert.equal(endpointFor(node, 'B', '10.0.0.7'), undefined)
})
