// Each fault of the proxy, on raw sockets: what the broker gets to see, what the client does, and what is counted.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultProxy, startFaultProxy } from './proxy/fault-proxy.ts'
import type { CutPoint, FaultRule } from './proxy/fault-rule.ts'
import { correlationIdOf, RawClient, requestFrame, responseTo, type StubBroker, startStubBroker } from './raw-peers.ts'

const SETTLE_MS = 60

interface Stage {
  readonly broker: StubBroker
  readonly proxy: FaultProxy
  readonly client: RawClient
}

async function on(rules: readonly FaultRule[], play: (stage: Stage) => Promise<void>, answer?: (request: Buffer) => Buffer | undefined) {
  await using broker = await startStubBroker(answer)
  await using proxy = await startFaultProxy({ bootstrapServers: broker.bootstrapServers, rules })
  using client = new RawClient(proxy.bootstrapServers)
  await play({ broker, proxy, client })
}

async function eventually(what: string, isSo: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isSo(); waitedMs += 5) {
    assert.ok(waitedMs < 2000, `not so after two seconds: ${what}`)
    await sleep(5)
  }
}

describe('without rules', () => {
  it('passes frames both ways as they are, however they are chopped', async () => {
    await on([], async ({ broker, client }) => {
      const requests = [requestFrame(1), requestFrame(2, { bodyBytes: 0 }), requestFrame(3, { bodyBytes: 300_000 })]
      client.send(...[...(requests[0]?.subarray() ?? [])].map((byte) => Buffer.from([byte])), ...requests.slice(1))
      const responses = await client.received(3)
      assert.deepEqual(broker.requests, requests)
      assert.deepEqual(
        responses,
        requests.map((request) => responseTo(request)),
      )
    })
  })

  it('a client that leaves is seen to leave, and so is a broker', async () => {
    await on([], async ({ broker, proxy, client }) => {
      client.send(requestFrame(1))
      await client.received(1)
      client.socket.destroy()
      await eventually('no connection at the broker', () => broker.openConnections === 0)
      using other = new RawClient(proxy.bootstrapServers)
      other.send(requestFrame(1))
      await other.received(1)
      await broker[Symbol.asyncDispose]()
      await other.closed
    })
  })

  it('a stream that is not Kafka’s is cut, and the run is no success', async () => {
    await on([], async ({ proxy, client }) => {
      client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
      await client.closed
      assert.throws(() => proxy.assertEveryFaultFired(), /at a loss/)
    })
  })
})

describe('cut', () => {
  const frameBytes = requestFrame(0).length
  const expected: Record<CutPoint, { brokerBytes: number; clientBytes: number }> = {
    'before-request': { brokerBytes: 0, clientBytes: 0 },
    'mid-request': { brokerBytes: frameBytes / 2, clientBytes: 0 },
    'before-response': { brokerBytes: frameBytes, clientBytes: 0 },
    'mid-response': { brokerBytes: frameBytes, clientBytes: 6 },
  }
  for (const [point, { brokerBytes, clientBytes }] of Object.entries(expected)) {
    const fault = { kind: 'cut', at: point as CutPoint } as const
    it(`${point}: the broker has ${brokerBytes} bytes of the request, the client ${clientBytes} of the response`, async () => {
      await on([{ name: 'cut', fault, skip: 1 }], async ({ broker, proxy, client }) => {
        client.send(requestFrame(1))
        await client.received(1)
        client.send(requestFrame(2))
        await client.closed
        await eventually('the broker sees the end', () => broker.openConnections === 0)
        assert.equal(broker.receivedBytes, frameBytes + brokerBytes)
        assert.equal(client.receivedBytes, 12 + clientBytes)
        assert.deepEqual(proxy.counts(), [{ name: 'cut', seen: 2, fired: 1 }])
      })
    })
  }
})

describe('delay and throttle', () => {
  for (const direction of ['request', 'response', 'both'] as const) {
    it(`a delayed ${direction} comes late, and what is behind it too`, async () => {
      const rule: FaultRule = { name: 'late', fault: { kind: 'delay', direction, minMs: 80, maxMs: 90 }, maxTimes: 1 }
      await on([rule], async ({ proxy, client }) => {
        const from = performance.now()
        client.send(requestFrame(1), requestFrame(2))
        const responses = await client.received(2)
        assert.ok(performance.now() - from >= (direction === 'both' ? 155 : 75))
        assert.deepEqual(responses.map(correlationIdOf), [1, 2])
        assert.equal(proxy.fired('late'), 1)
      })
    })
  }

  it('a throttled connection has its bandwidth, for its time', async () => {
    const rule: FaultRule = {
      name: 'slow',
      fault: { kind: 'throttle', direction: 'request', bytesPerSecond: 100_000, forMs: 300 },
      maxTimes: 1,
    }
    await on([rule], async ({ client }) => {
      const from = performance.now()
      client.send(requestFrame(1, { bodyBytes: 20_000 }))
      await client.received(1)
      assert.ok(performance.now() - from >= 150, 'twenty kilobytes at a hundred a second')
      await sleep(300)
      const later = performance.now()
      client.send(requestFrame(2, { bodyBytes: 200_000 }))
      await client.received(2)
      assert.ok(performance.now() - later < 1500, 'two hundred kilobytes at full speed')
    })
  })
})

describe('half open', () => {
  it('towards the broker: it never hears of the request, nor of the client’s end', async () => {
    await on([{ name: 'half', fault: { kind: 'half-open', direction: 'request' }, skip: 1 }], async ({ broker, client }) => {
      client.send(requestFrame(1))
      await client.received(1)
      client.send(requestFrame(2))
      await sleep(SETTLE_MS)
      assert.equal(client.socket.destroyed, false)
      client.socket.destroy()
      await sleep(SETTLE_MS)
      assert.equal(broker.requests.length, 1)
      assert.equal(broker.openConnections, 1)
    })
  })

  it('towards the client: the work is done, and nothing comes until the cut', async () => {
    await on([{ name: 'half', fault: { kind: 'half-open', direction: 'response', forMs: 150 } }], async ({ broker, proxy, client }) => {
      const from = performance.now()
      client.send(requestFrame(1))
      await client.closed
      assert.ok(performance.now() - from >= 140)
      assert.equal(client.receivedBytes, 0)
      assert.equal(broker.requests.length, 1)
      assert.equal(proxy.fired('half'), 1)
    })
  })
})

describe('nodes', () => {
  it('a rule refuses connections', async () => {
    await on([{ name: 'refuse', fault: { kind: 'refuse' }, everyNth: 2 }], async ({ proxy, client }) => {
      client.send(requestFrame(1))
      await client.received(1)
      using refused = new RawClient(proxy.bootstrapServers)
      await refused.closed
      assert.equal(refused.receivedBytes, 0)
      assert.deepEqual(proxy.counts(), [{ name: 'refuse', seen: 2, fired: 1 }])
    })
  })

  it('a rule stalls the node for all its connections, for a time', async () => {
    await on([{ name: 'stall', fault: { kind: 'stall', forMs: 120 }, maxTimes: 1 }], async ({ proxy, client }) => {
      using other = new RawClient(proxy.bootstrapServers)
      const from = performance.now()
      client.send(requestFrame(1))
      await eventually('the stall', () => proxy.fired('stall') === 1)
      other.send(requestFrame(1))
      await Promise.all([client.received(1), other.received(1)])
      assert.ok(performance.now() - from >= 115)
    })
  })

  it('pause, refuse and cut at a word; calm ends them', async () => {
    await on([{ name: 'never', fault: { kind: 'cut', at: 'before-request' }, skip: 1000 }], async ({ broker, proxy, client }) => {
      client.send(requestFrame(1))
      await client.received(1)
      const [node] = proxy.nodes
      assert.ok(node !== undefined)
      node.pause()
      client.send(requestFrame(2))
      await sleep(SETTLE_MS)
      assert.equal(broker.requests.length, 1)
      node.resume()
      await client.received(2)
      node.refuse()
      using refused = new RawClient(proxy.bootstrapServers)
      await refused.closed
      proxy.calm()
      using accepted = new RawClient(proxy.bootstrapServers)
      accepted.send(requestFrame(1))
      await accepted.received(1)
      assert.equal(proxy.cutAll(), 2)
      await Promise.all([client.closed, accepted.closed])
    })
  })
})
