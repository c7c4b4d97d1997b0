/** Every key that bounds transactions, set on a broker, has an effect that a client sees; in virtual time where it takes long. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeConfigs, ErrorCodes, initProducerId, metadata } from '@odradek/protocol'
import { one } from '../support/requests.ts'
import { type SimulatedTest, withSimulatedBroker } from '../support/simulated-broker.ts'
import { describeTransaction, TransactionalClient } from '../support/transactional-client.ts'
import type { WireClient } from '../support/wire-client.ts'

const topics = { orders: { configs: { 'message.timestamp.type': 'LogAppendTime' } } }

async function errorOf(client: WireClient): Promise<number> {
  return (await describeTransaction(client)).errorCode
}

interface Effect {
  readonly value: string
  readonly beside?: Readonly<Record<string, string>>
  /** The producer has taken its id up just before. */
  readonly observe: (test: SimulatedTest & { readonly producer: TransactionalClient }) => Promise<void>
}

const effects: Readonly<Record<string, Effect>> = {
  'transactional.id.expiration.ms': {
    value: '60000',
    beside: { 'transaction.remove.expired.transaction.cleanup.interval.ms': '1000' },
    observe: async ({ client, simulation }) => {
      await simulation.sleep(58_000)
      assert.equal(await errorOf(client), ErrorCodes.NONE)
      await simulation.sleep(4000)
      assert.equal(await errorOf(client), ErrorCodes.TRANSACTIONAL_ID_NOT_FOUND)
    },
  },
  'transaction.remove.expired.transaction.cleanup.interval.ms': {
    value: '300000',
    beside: { 'transactional.id.expiration.ms': '1000' },
    observe: async ({ client, simulation }) => {
      await simulation.sleep(290_000)
      assert.equal(await errorOf(client), ErrorCodes.NONE)
      await simulation.sleep(20_000)
      assert.equal(await errorOf(client), ErrorCodes.TRANSACTIONAL_ID_NOT_FOUND)
    },
  },
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': {
    value: '120000',
    observe: async ({ client, simulation, producer }) => {
      assert.equal((await producer.send('orders', 'x', 12)).errorCode, ErrorCodes.NONE)
      // Its own time is over after one minute.
      await simulation.sleep(110_000)
      assert.equal((await describeTransaction(client)).state, 'Ongoing')
      await simulation.sleep(20_000)
      assert.equal((await describeTransaction(client)).state, 'CompleteAbort')
    },
  },
  'transaction.max.timeout.ms': {
    value: '60000',
    observe: async ({ client }) => {
      const init = async (transactionTimeoutMs: number): Promise<number> =>
        (await client.request(initProducerId, 5, { transactionalId: 't', transactionTimeoutMs })).errorCode
      assert.equal(await init(60_001), ErrorCodes.INVALID_TRANSACTION_TIMEOUT)
      assert.equal(await init(0), ErrorCodes.INVALID_TRANSACTION_TIMEOUT)
      assert.equal(await init(60_000), ErrorCodes.NONE)
    },
  },
  'transaction.state.log.segment.bytes': {
    value: '2097152',
    observe: async ({ client }) => {
      const resources = [{ resourceType: 2, resourceName: '__transaction_state', configurationKeys: ['segment.bytes'] }]
      const { results } = await client.request(describeConfigs, 4, { resources })
      assert.equal(one(one(results).configs).value, '2097152')
    },
  },
  'transaction.state.log.num.partitions': {
    value: '7',
    observe: async ({ client }) => {
      const answer = await client.request(metadata, 12, { topics: [{ name: '__transaction_state' }], allowAutoTopicCreation: false })
      assert.equal(one(answer.topics).partitions.length, 7)
    },
  },
}

describe('the broker’s keys of transactions', () => {
  for (const [key, { value, beside, observe }] of Object.entries(effects)) {
    it(key, () =>
      withSimulatedBroker({ config: { 'transaction.state.log.num.partitions': '1', ...beside, [key]: value }, topics }, async (test) => {
        const producer = await new TransactionalClient(test.client).init()
        await observe({ ...test, producer })
      }),
    )
  }
})
