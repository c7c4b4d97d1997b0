import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { decodeResponseHeader, ErrorCodes, findCoordinator, initProducerId, produce, Reader, RecordBatchBuilder } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { runtimeWithFaults } from '../support/file-faults.ts'
import { fetchFrom, one, produceRequest, send, topicId } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

test('every version, by name and by id', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const id = await topicId(client, 'orders')
    for (let version = 3; version <= 13; version++) {
      const partitionData = [{ index: 0, records: batchOf([`v${version}`]) }]
      const topicData = [version >= 13 ? { topicId: id, partitionData } : { name: 'orders', partitionData }]
      const { responses } = await client.request(produce, version, { acks: version % 2 === 0 ? 1 : -1, timeoutMs: 1000, topicData })
      const { errorCode, baseOffset, logAppendTimeMs } = one(one(responses).partitionResponses)
      assert.deepEqual([errorCode, baseOffset, logAppendTimeMs], [ErrorCodes.NONE, version - 3, -1])
    }
    assert.equal(valuesOf((await fetchFrom(client, 'orders', 0)).records).length, 11)
    const unknown = [{ topicId: 'JrkWPuNxTMSE2FvKwZxbEw', partitionData: [{ index: 0, records: batchOf(['x']) }] }]
    const { responses } = await client.request(produce, 13, { acks: 1, timeoutMs: 1000, topicData: unknown })
    assert.equal(one(one(responses).partitionResponses).errorCode, ErrorCodes.UNKNOWN_TOPIC_ID)
  })
})

test('what is refused, entry by entry', async () => {
  await withBroker({ topics: { orders: {}, strict: { configs: { 'min.insync.replicas': '2' } } } }, async ({ client }) => {
    assert.equal((await send(client, 'no-such-topic', batchOf(['x']))).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal((await send(client, 'orders', batchOf(['x']), 5)).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal((await send(client, 'strict', batchOf(['x']))).errorCode, ErrorCodes.NOT_ENOUGH_REPLICAS)
    const broken = batchOf(['x'])
    broken[broken.length - 1] = 0x7f
    assert.equal((await send(client, 'orders', broken)).errorCode, ErrorCodes.CORRUPT_MESSAGE)
    const acks = await client.request(produce, 9, produceRequest('orders', batchOf(['x']), 0, 7))
    assert.equal(one(one(acks.responses).partitionResponses).errorCode, ErrorCodes.INVALID_REQUIRED_ACKS)
    const topicData = [{ name: 'orders', partitionData: [{ index: 0, records: null }] }]
    const empty = await client.request(produce, 9, { acks: 1, timeoutMs: 1000, topicData })
    assert.equal(one(one(empty.responses).partitionResponses).errorCode, ErrorCodes.INVALID_RECORD)
    assert.equal((await send(client, 'orders', batchOf(['good']))).baseOffset, 0)
  })
})

test('an idempotent producer: duplicates, gaps and an epoch of the past', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const { producerId, producerEpoch } = await client.request(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 0 })
    assert.equal(producerEpoch, 0)
    const sendAt = (baseSequence: number, values: string[], epoch = 1): ReturnType<typeof send> =>
      send(client, 'orders', batchOf(values, { producerId, producerEpoch: epoch, baseSequence }))
    assert.equal((await sendAt(0, ['a', 'b'])).baseOffset, 0)
    const again = await sendAt(0, ['a', 'b'])
    assert.deepEqual([again.errorCode, again.baseOffset], [ErrorCodes.NONE, 0])
    assert.equal((await sendAt(5, ['x'])).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    assert.equal((await sendAt(2, ['x'], 0)).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH)
    assert.equal((await sendAt(2, ['c'])).baseOffset, 2)
    assert.deepEqual(valuesOf((await fetchFrom(client, 'orders', 0)).records).length, 3)
  })
})

test('producer ids are never given twice', async () => {
  await withBroker({}, async ({ client, connect }) => {
    const idOf = async (from: WireClient): Promise<number> =>
      (await from.request(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })).producerId
    const other = await connect()
    const ids = new Set<number>()
    for (let index = 0; index < 600; index++) for (const id of await Promise.all([idOf(client), idOf(other)])) ids.add(id)
    assert.equal(ids.size, 1200)
  })
})

test('a batch that waits for its codec is not overtaken by the next one', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    await send(client, 'orders', batchOf(['first']))
    const { codecs } = createNodeRuntime()
    const gzip = await codecs.load('gzip')
    const compressed = new RecordBatchBuilder()
    compressed.append(Date.now(), null, 'second')
    const compression = { type: 'gzip', compress: (data: Uint8Array) => gzip.compress(data) } as const
    client.send(produce, 9, produceRequest('orders', compressed.build({ crc32c: (data) => codecs.crc32c(data), compression })))
    client.send(produce, 9, produceRequest('orders', batchOf(['third'])))
    const baseOffsets: number[] = []
    for (let answers = 0; answers < 2; answers++) {
      const reader = new Reader(await client.nextFrame())
      decodeResponseHeader(reader, produce, 9)
      baseOffsets.push(one(one(produce.decodeResponse(reader, 9).responses).partitionResponses).baseOffset)
    }
    assert.deepEqual(baseOffsets, [1, 2])
  })
})

test('internal topics are not written to', async () => {
  await withBroker({}, async ({ client }) => {
    await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['billing'] })
    for (let partition = 0; partition < 2; partition++) {
      assert.equal((await send(client, '__consumer_offsets', batchOf(['x']), partition)).errorCode, ErrorCodes.INVALID_TOPIC_EXCEPTION)
    }
  })
})

test('LogAppendTime is told', async () => {
  await withBroker({ topics: { orders: { configs: { 'message.timestamp.type': 'LogAppendTime' } } } }, async ({ client }) => {
    const { logAppendTimeMs } = await send(client, 'orders', batchOf(['x']))
    assert.ok(Math.abs(Date.now() - logAppendTimeMs) < 60_000)
  })
})

test('a write that fails while another partition of the request waits is answered, whatever comes first', async () => {
  let openGate = (): void => {}
  const gate = new Promise<void>((resolve) => {
    openGate = resolve
  })
  const beforeWrite = async (path: string): Promise<void> => {
    if (/orders-1.*\.log$/.test(path)) throw new Error('the disk is broken')
    if (/orders-0.*\.log$/.test(path)) await gate
  }
  await withBroker({ topics: { orders: { partitions: 2 } }, runtime: runtimeWithFaults({ beforeWrite }) }, async ({ client, lines }) => {
    const partitionData = [0, 1].map((index) => ({ index, records: batchOf(['x']) }))
    const answer = client.request(produce, 9, { acks: -1, timeoutMs: 1000, topicData: [{ name: 'orders', partitionData }] })
    while (!lines.some((line) => line.includes('the disk is broken'))) await setTimeout(5)
    openGate()
    const { partitionResponses } = one((await answer).responses)
    assert.deepEqual(
      partitionResponses.map(({ errorCode }) => errorCode),
      [ErrorCodes.NONE, ErrorCodes.KAFKA_STORAGE_ERROR],
    )
  })
})
