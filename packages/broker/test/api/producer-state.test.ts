/** What a broker remembers of idempotent producers, for how long, and over a restart. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { DescribeProducersResponseProducerState } from '@odradek/protocol'
import { describeProducers, ErrorCodes, initProducerId } from '@odradek/protocol'
import { batchOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { withDirectory } from '../support/directory.ts'
import { one, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

async function producersOf(client: WireClient): Promise<readonly DescribeProducersResponseProducerState[]> {
  const { topics } = await client.request(describeProducers, 0, { topics: [{ name: 'orders', partitionIndexes: [0] }] })
  return one(one(topics).partitions).activeProducers
}

function sendAt(client: WireClient, baseSequence: number, producerEpoch = 0): ReturnType<typeof send> {
  return send(client, 'orders', batchOf(['a', 'b'], { producerId: 7, producerEpoch, baseSequence }))
}

test('producer.id.expiration.ms: an idle producer is forgotten, and may then begin anywhere', async () => {
  const config = { 'producer.id.expiration.ms': '1', 'producer.id.expiration.check.interval.ms': '5' }
  await withBroker({ topics: { orders: {} }, config }, async ({ client }) => {
    assert.equal((await sendAt(client, 0)).errorCode, ErrorCodes.NONE)
    while ((await producersOf(client)).length > 0) await setTimeout(2)
    assert.equal((await sendAt(client, 40)).errorCode, ErrorCodes.NONE)
  })
  await withBroker({ topics: { orders: {} }, config: { 'producer.id.expiration.check.interval.ms': '5' } }, async ({ client }) => {
    assert.equal((await sendAt(client, 0)).errorCode, ErrorCodes.NONE)
    await setTimeout(20)
    assert.equal((await sendAt(client, 40)).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  })
})

test('over a restart sequences, epochs and the last five batches are known, and no producer id is given again', async () => {
  await withDirectory(async (dataDir) => {
    const given: number[] = []
    const init = async (client: WireClient): Promise<void> => {
      given.push((await client.request(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 0 })).producerId)
    }
    let described: readonly DescribeProducersResponseProducerState[] = []
    await withBroker({ topics: { orders: {} }, dataDir }, async ({ client }) => {
      await init(client)
      for (let batch = 0; batch < 6; batch++) assert.equal((await sendAt(client, batch * 2, 1)).errorCode, ErrorCodes.NONE)
      described = await producersOf(client)
      assert.deepEqual([one(described).producerEpoch, one(described).lastSequence], [1, 11])
    })
    await withBroker({ dataDir }, async ({ client }) => {
      await init(client)
      assert.deepEqual(await producersOf(client), described)
      for (let batch = 1; batch < 6; batch++) assert.equal((await sendAt(client, batch * 2, 1)).baseOffset, batch * 2)
      assert.equal((await sendAt(client, 0, 1)).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, 'the sixth last')
      assert.equal((await sendAt(client, 12, 0)).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH)
      assert.equal((await sendAt(client, 14, 1)).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
      assert.equal((await sendAt(client, 12, 1)).baseOffset, 12)
    })
    assert.equal(new Set(given).size, 2)
  })
})
