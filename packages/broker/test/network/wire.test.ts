import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { apiVersions, decodeResponseHeader, encodeRequestFrame, ErrorCodes, fetch, metadata, produce, Reader } from '@odradek/protocol'
import { batchOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { createTopic, fetchFrom, fetchRequest, one, produceRequest, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const hello = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const nothing = { topics: [] }

function frame(...body: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + body.length)
  bytes.writeInt32BE(body.length)
  bytes.set(body, 4)
  return bytes
}

function correlationId(bytes: Buffer, api: Parameters<typeof decodeResponseHeader>[1], version: number): number {
  return decodeResponseHeader(new Reader(bytes), api, version)
}

async function isAlive(client: WireClient): Promise<void> {
  assert.equal((await client.request(apiVersions, 3, hello)).errorCode, ErrorCodes.NONE)
}

test('what is no request closes its own connection, with the reason in the log', async () => {
  await withBroker({ config: { 'socket.request.max.bytes': '1000' } }, async ({ client, connect, lines }) => {
    const malformed: readonly (readonly [Uint8Array, RegExp])[] = [
      [Buffer.from('GET / HTTP/1.1\r\n\r\n'), /frame of 1195725856 bytes; at most 1000 are accepted/],
      [Buffer.from([0xff, 0xff, 0xff, 0xff]), /frame of -1 bytes/],
      [frame(), /malformed request header/],
      [frame(0, 3, 0, 12, 0, 0), /malformed request header/],
      [frame(0x7f, 0x7f, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0), /API key 32639 is not served/],
      [frame(0, 3, 0x7f, 0, 0, 0, 0, 1, 0xff, 0xff, 0), /Metadata v32512 is not served, only v0 to v13/],
      [frame(0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff), /malformed Metadata v1/],
    ]
    for (const [bytes, reason] of malformed) {
      const hostile = await connect()
      hostile.sendRaw([bytes])
      await hostile.closed
      assert.match(lines.at(-1) ?? '', reason)
      assert.match(lines.at(-1) ?? '', /closed the connection from 127\.0\.0\.1:\d+ on PLAINTEXT/)
      await isAlive(client)
    }
    assert.equal(lines.length, malformed.length)
  })
})

test('a version of ApiVersions that is not there is answered in version 0 with the supported range', async () => {
  await withBroker({}, async ({ client }) => {
    client.sendRaw([frame(0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0)])
    const bytes = await client.nextFrame()
    assert.equal(correlationId(bytes, apiVersions, 0), 7)
    const answer = apiVersions.decodeResponse(new Reader(bytes, 4), 0)
    assert.equal(answer.errorCode, ErrorCodes.UNSUPPORTED_VERSION)
    assert.deepEqual(answer.apiKeys, [{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
    await isAlive(client)
  })
})

test('ApiVersions: what is advertised, and the name that software may have', async () => {
  await withBroker({}, async ({ client }) => {
    for (let version = 0; version <= 4; version++) {
      const { errorCode, apiKeys } = await client.request(apiVersions, version, hello)
      assert.equal(errorCode, ErrorCodes.NONE)
      const ranges = new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]))
      assert.deepEqual(ranges.get(0), [0, 13])
      assert.deepEqual(ranges.get(1), [4, 18])
      assert.deepEqual(ranges.get(22), [0, 5])
    }
    for (const name of ['', '-x', 'x-', 'a b', 'ä']) {
      const answer = await client.request(apiVersions, 3, { clientSoftwareName: name, clientSoftwareVersion: '1' })
      assert.equal(answer.errorCode, ErrorCodes.INVALID_REQUEST, name)
    }
  })
})

test('requests may be sent ahead, and are answered in their order', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, connect }) => {
    const expected: number[] = []
    const frames: Uint8Array[] = []
    for (let index = 0; index < 50; index++) {
      expected.push(1000 + index)
      frames.push(...encodeRequestFrame(produce, 9, 1000 + index, null, produceRequest('orders', batchOf([`v${index}`]))))
    }
    // In one write, and cut where no frame ends.
    const bytes = Buffer.concat(frames)
    client.sendRaw([bytes.subarray(0, 777)])
    client.sendRaw([bytes.subarray(777)])
    for (const [index, id] of expected.entries()) {
      const answer = await client.nextFrame()
      assert.equal(correlationId(answer, produce, 9), id)
      const reader = new Reader(answer)
      decodeResponseHeader(reader, produce, 9)
      assert.equal(one(one(produce.decodeResponse(reader, 9).responses).partitionResponses).baseOffset, index)
    }
    const waiting = client.send(fetch, 12, fetchRequest('orders', { 0: 50 }, { maxWaitMs: 10_000 }))
    const behind = client.send(metadata, 12, nothing)
    await send(await connect(), 'orders', batchOf(['wakes the fetch']))
    assert.equal(correlationId(await client.nextFrame(), fetch, 12), waiting)
    assert.equal(correlationId(await client.nextFrame(), metadata, 12), behind)
  })
})

test('acks=0 has no response and holds nothing back; an error in it closes the connection', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, connect, lines }) => {
    for (let index = 0; index < 20; index++) client.send(produce, 9, produceRequest('orders', batchOf([`v${index}`]), 0, 0))
    const after = client.send(metadata, 12, nothing)
    assert.equal(correlationId(await client.nextFrame(), metadata, 12), after)
    assert.equal((await fetchFrom(client, 'orders', 19)).errorCode, ErrorCodes.NONE)
    const failing = await connect()
    failing.send(produce, 9, produceRequest('no-such-topic', batchOf(['lost']), 0, 0))
    await failing.closed
    assert.match(lines.at(-1) ?? '', /acks=0 failed with UNKNOWN_TOPIC_OR_PARTITION/)
  })
})

test('a client that does not read its responses stops being served, not the others', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, connect, broker }) => {
    const value = 'x'.repeat(500_000)
    for (let index = 0; index < 4; index++) await send(client, 'orders', batchOf([value]))
    const greedy = await connect()
    greedy.pause()
    const before = broker.metrics.value('kafka.network:type=RequestMetrics,name=RequestsPerSec,request=Fetch') ?? 0
    for (let index = 0; index < 200; index++) greedy.send(fetch, 12, fetchRequest('orders', { 0: 0 }))
    for (let index = 0; index < 20; index++) await isAlive(client)
    const served = (broker.metrics.value('kafka.network:type=RequestMetrics,name=RequestsPerSec,request=Fetch') ?? 0) - before
    assert.ok(served < 50, `${served} of 200 fetches were answered to a client that reads nothing`)
    greedy.resume()
    for (let index = 0; index < 200; index++) assert.ok((await greedy.nextFrame()).length > 500_000)
  })
})

test('limits: connections, connections per address, idle time', async () => {
  await withBroker({ config: { 'max.connections.per.ip': '2' } }, async ({ client, connect, lines }) => {
    const second = await connect()
    await isAlive(second)
    const third = await connect()
    await third.closed
    assert.match(lines.at(-1) ?? '', /refused a connection from 127\.0\.0\.1 on PLAINTEXT: max\.connections\.per\.ip \(2\)/)
    await second.close()
    await isAlive(client)
    const fourth = await connect()
    await isAlive(fourth)
  })
  const overridden = { 'max.connections.per.ip': '1', 'max.connections.per.ip.overrides': '127.0.0.1:2' }
  await withBroker({ config: overridden }, async ({ client, connect }) => {
    await isAlive(client)
    await isAlive(await connect())
    await (await connect()).closed
  })
  await withBroker({ config: { 'max.connections': '1', 'connections.max.idle.ms': '100' } }, async ({ client, connect }) => {
    await isAlive(client)
    await (await connect()).closed
    await client.closed
    await isAlive(await connect())
  })
})

test('a long poll is not idle', async () => {
  await withBroker({ topics: { orders: {} }, config: { 'connections.max.idle.ms': '50' } }, async ({ client }) => {
    const { errorCode } = await fetchFrom(client, 'orders', 0, { maxWaitMs: 300 })
    assert.equal(errorCode, ErrorCodes.NONE)
  })
})

test('an interceptor delays, answers, drops and disconnects', async () => {
  await withBroker({}, async ({ broker, client, connect }) => {
    let seen = 0
    const stop = broker.intercept(metadata, async ({ request, context, proceed }) => {
      seen++
      assert.equal(request.topics?.length, 0)
      assert.equal(context.clientId, 'wire-client')
      const answer = await proceed()
      return answer && { ...answer, clusterId: 'another' }
    })
    assert.equal((await client.request(metadata, 12, nothing)).clusterId, 'another')
    stop()
    assert.equal((await client.request(metadata, 12, nothing)).clusterId, broker.clusterId)
    assert.equal(seen, 1)
    const drop = broker.intercept(metadata, () => null)
    client.send(metadata, 12, nothing)
    await isAlive(client)
    drop()
    broker.intercept(metadata, ({ disconnect }) => {
      disconnect()
      return null
    })
    const cut = await connect()
    cut.send(metadata, 12, nothing)
    await cut.closed
  })
})

test('requests in progress share a budget: beyond it, the next ones wait their turn', async () => {
  await withBroker({ config: { 'queued.max.request.bytes': '1' } }, async ({ broker, client, connect }) => {
    let release: () => void = () => undefined
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    broker.intercept(metadata, async ({ proceed }) => {
      await released
      return proceed()
    })
    const other = await connect()
    await isAlive(other)
    const first = client.request(metadata, 12, nothing)
    await setTimeout(20)
    let isAnswered = false
    const second = isAlive(other).then(() => {
      isAnswered = true
    })
    await setTimeout(50)
    assert.equal(isAnswered, false)
    release()
    await Promise.all([first, second])
  })
})

test('closing answers who waits, and ends the connections', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ broker, client }) => {
    const waiting = fetchFrom(client, 'orders', 0, { maxWaitMs: 60_000 })
    await isAliveLater(client)
    await broker.close()
    assert.equal((await waiting).errorCode, ErrorCodes.NONE)
    await client.closed
  })
})

/** Gives the broker a turn to start the request that was just sent. */
async function isAliveLater(client: WireClient): Promise<void> {
  assert.equal(client.isClosed, false)
  await setTimeout(50)
}

test('topics can be created over and over on one connection', async () => {
  await withBroker({}, async ({ client }) => {
    for (let index = 0; index < 20; index++) assert.equal((await createTopic(client, `t${index}`)).errorCode, ErrorCodes.NONE)
    assert.equal((await createTopic(client, 't3')).errorCode, ErrorCodes.TOPIC_ALREADY_EXISTS)
  })
})
