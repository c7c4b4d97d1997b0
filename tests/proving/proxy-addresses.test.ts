// Clients stay behind the proxy: every address that a broker advertises, in every API and version, becomes the proxy's.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AnyApi,
  decodeResponseHeader,
  describeCluster,
  encodeResponseFrame,
  fetch,
  findCoordinator,
  metadata,
  produce,
  Reader,
  shareAcknowledge,
  shareFetch,
} from '@odradek/protocol'
import { type Address, advertises, rewriteAddresses } from './proxy/advertised-addresses.ts'
import { startFaultProxy } from './proxy/fault-proxy.ts'
import { RawClient, requestFrame, startStubBroker } from './raw-peers.ts'

const none = { host: '', port: -1 }
const endpoint = (nodeId: number) => ({ nodeId, host: `broker-${nodeId}`, port: 9090 + nodeId })
const nodeEndpoints = [endpoint(1), endpoint(2)]

interface Subject {
  readonly api: AnyApi
  readonly firstVersion: number
  readonly message: (version: number) => unknown
}

const subjects: readonly Subject[] = [
  { api: metadata, firstVersion: 0, message: () => ({ brokers: nodeEndpoints, topics: [] }) },
  {
    api: findCoordinator,
    firstVersion: 0,
    message: (version) =>
      version < 4
        ? endpoint(1)
        : {
            coordinators: [
              { ...endpoint(2), key: 'g', errorCode: 0, errorMessage: null },
              { ...none, nodeId: -1, key: 'h', errorCode: 15, errorMessage: 'not yet' },
            ],
          },
  },
  {
    api: describeCluster,
    firstVersion: 0,
    message: () => ({
      throttleTimeMs: 0,
      errorCode: 0,
      clusterId: 'c',
      brokers: nodeEndpoints.map(({ nodeId, host, port }) => ({ brokerId: nodeId, host, port })),
    }),
  },
  { api: produce, firstVersion: 10, message: () => ({ responses: [], nodeEndpoints }) },
  { api: fetch, firstVersion: 16, message: () => ({ throttleTimeMs: 0, errorCode: 0, responses: [], nodeEndpoints }) },
  {
    api: shareFetch,
    firstVersion: 1,
    message: () => ({ throttleTimeMs: 0, errorCode: 0, acquisitionLockTimeoutMs: 0, responses: [], nodeEndpoints }),
  },
  {
    api: shareAcknowledge,
    firstVersion: 1,
    message: () => ({ throttleTimeMs: 0, errorCode: 0, responses: [], nodeEndpoints }),
  },
]

function decode(api: AnyApi, version: number, chunks: readonly Uint8Array[]): { correlationId: number; message: unknown } {
  const reader = new Reader(Buffer.concat(chunks), 4)
  const correlationId = decodeResponseHeader(reader, api, version)
  return { correlationId, message: api.decodeResponse(reader, version) }
}

describe('advertised addresses', () => {
  for (const { api, firstVersion, message } of subjects) {
    it(`${api.name}: the addresses change, and nothing else`, async () => {
      assert.ok(advertises(api.key))
      for (let version = Math.max(firstVersion, api.minVersion); version <= api.maxVersion; version++) {
        const frame = Buffer.concat(encodeResponseFrame(api, version, 77, message(version)))
        const asked: [number, Address][] = []
        const rewritten = await rewriteAddresses(frame, api.key, version, async (nodeId, { host, port }) => {
          asked.push([nodeId, { host, port }])
          return { host: 'proxy', port: 10_000 + port }
        })
        assert.ok(asked.length > 0)
        for (const [nodeId, address] of asked) assert.deepEqual(address, { host: `broker-${nodeId}`, port: 9090 + nodeId })
        const restored = JSON.stringify(decode(api, version, rewritten))
          .replaceAll('"host":"proxy","port":1909', '"host":"broker-#","port":909')
          .replaceAll(/broker-#","port":909(\d)/g, 'broker-$1","port":909$1')
        assert.equal(restored, JSON.stringify(decode(api, version, [frame])))
      }
    })
  }

  it('a version that the proxy does not know is an error: its client would escape', async () => {
    await assert.rejects(
      rewriteAddresses(Buffer.alloc(20), metadata.key, metadata.maxVersion + 1, async (_nodeId, address) => address),
      /newer than the proxy/,
    )
  })

  it('a response without addresses is passed on as it came', async () => {
    const frame = Buffer.concat(encodeResponseFrame(produce, 12, 5, { responses: [] }))
    const chunks = await rewriteAddresses(frame, produce.key, 12, async (_nodeId, address) => address)
    assert.equal(chunks[0], frame)
  })
})

it('a broker that is only known from a response gets a port of its own, and its id', async () => {
  await using hidden = await startStubBroker()
  const [host = '', port = ''] = hidden.bootstrapServers.split(':')
  await using known = await startStubBroker((request) =>
    Buffer.concat(
      encodeResponseFrame(metadata, 12, request.readInt32BE(8), { brokers: [{ nodeId: 5, host, port: Number(port) }], topics: [] }),
    ),
  )
  await using proxy = await startFaultProxy({ bootstrapServers: known.bootstrapServers })
  assert.throws(() => proxy.node(5), /no response has named/)
  using client = new RawClient(proxy.bootstrapServers)
  client.send(requestFrame(9, { apiKey: metadata.key, version: 12 }))
  const [response = Buffer.alloc(0)] = await client.received(1)
  const reader = new Reader(response, 4)
  assert.equal(decodeResponseHeader(reader, metadata, 12), 9)
  const [broker] = metadata.decodeResponse(reader, 12).brokers
  assert.equal(broker?.nodeId, 5)
  assert.notEqual(broker.port, Number(port))
  assert.deepEqual(proxy.node(5).address, { host: broker.host, port: broker.port })
  using direct = new RawClient(`${broker.host}:${broker.port}`)
  direct.send(requestFrame(1))
  await direct.received(1)
  assert.equal(hidden.requests.length, 1)
})
