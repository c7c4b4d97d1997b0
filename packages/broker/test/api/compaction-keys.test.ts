/** The keys that say what compaction may take, and when: set on a topic, or on the broker for all, each has its effect on a running broker. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { batchOf, valuesOf } from '../support/batches.ts'
import { fetchFrom, send } from '../support/requests.ts'
import { type SimulatedTest, withSimulatedBroker } from '../support/simulated-broker.ts'
import type { WireClient } from '../support/wire-client.ts'

/** Compacts whatever is in a closed segment; every append a second later closes one. */
const eager = {
  'cleanup.policy': 'compact',
  'message.timestamp.type': 'LogAppendTime',
  'min.cleanable.dirty.ratio': '0',
  'segment.ms': '1000',
}

async function put(client: WireClient, key: string, value: string | null): Promise<void> {
  assert.equal((await send(client, 'orders', batchOf([value], { key }))).errorCode, ErrorCodes.NONE)
}

/** Closes the segment, and lets the cleaner have a look. */
async function compact({ client, simulation }: SimulatedTest): Promise<void> {
  await simulation.sleep(2000)
  await put(client, 'other', 'x')
  await simulation.sleep(2000)
}

async function values(client: WireClient): Promise<string[]> {
  const found: string[] = []
  for (let offset = 0; ; offset++) {
    const { errorCode, records, highWatermark } = await fetchFrom(client, 'orders', offset)
    if (errorCode === ErrorCodes.OFFSET_OUT_OF_RANGE) continue
    if (offset >= highWatermark) return found.filter((value) => value !== 'x')
    // One by one: what is compacted away leaves a gap, which the next batch answers for.
    const [value] = valuesOf(records)
    if (value !== undefined && found.at(-1) !== value) found.push(value)
  }
}

interface Effect {
  readonly brokerKey: string
  readonly value: string
  /** Beside it in the topic's configuration. */
  readonly configs?: Readonly<Record<string, string>>
  readonly observe: (test: SimulatedTest) => Promise<void>
}

const effects: Readonly<Record<string, Effect>> = {
  'min.compaction.lag.ms': {
    brokerKey: 'log.cleaner.min.compaction.lag.ms',
    value: '60000',
    observe: async (test) => {
      const { client, simulation } = test
      await put(client, 'a', 'old')
      await put(client, 'a', 'new')
      await compact(test)
      assert.deepEqual(await values(client), ['old', 'new'])
      await simulation.sleep(60_000)
      assert.deepEqual(await values(client), ['new'])
    },
  },
  'max.compaction.lag.ms': {
    brokerKey: 'log.cleaner.max.compaction.lag.ms',
    value: '60000',
    configs: { 'min.cleanable.dirty.ratio': '1', 'segment.ms': '3600000' },
    observe: async (test) => {
      const { client, simulation } = test
      await put(client, 'a', 'old')
      await put(client, 'a', 'new')
      await simulation.sleep(50_000)
      await compact(test)
      assert.deepEqual(await values(client), ['old', 'new'], 'the segment is open, and not dirty enough')
      await simulation.sleep(10_000)
      await compact(test)
      assert.deepEqual(await values(client), ['new'])
    },
  },
  'delete.retention.ms': {
    brokerKey: 'log.cleaner.delete.retention.ms',
    value: '60000',
    observe: async (test) => {
      const { client, simulation } = test
      await put(client, 'a', 'old')
      await put(client, 'a', null)
      await compact(test)
      await simulation.sleep(50_000)
      await compact(test)
      assert.deepEqual(await values(client), [''], 'the tombstone')
      await simulation.sleep(10_000)
      await compact(test)
      assert.deepEqual(await values(client), [])
    },
  },
}

describe('the keys of compaction', () => {
  for (const [topicKey, { brokerKey, value, configs, observe }] of Object.entries(effects)) {
    const common = { ...eager, ...configs }
    it(topicKey, () =>
      withSimulatedBroker(
        { config: { 'log.cleaner.backoff.ms': '1000' }, topics: { orders: { configs: { ...common, [topicKey]: value } } } },
        observe,
      ),
    )
    it(brokerKey, () =>
      withSimulatedBroker(
        { config: { 'log.cleaner.backoff.ms': '1000', [brokerKey]: value }, topics: { orders: { configs: common } } },
        observe,
      ),
    )
  }
  it('cleanup.policy=compact,delete: what is compacted goes when its retention is over', () =>
    withSimulatedBroker(
      {
        config: { 'log.cleaner.backoff.ms': '1000', 'log.retention.check.interval.ms': '1000' },
        topics: { orders: { configs: { ...eager, 'cleanup.policy': 'compact,delete', 'retention.ms': '60000' } } },
      },
      async (test) => {
        const { client, simulation } = test
        await put(client, 'a', 'old')
        await put(client, 'a', 'new')
        await compact(test)
        assert.deepEqual(await values(client), ['new'])
        await simulation.sleep(50_000)
        await put(client, 'a', 'newest')
        assert.deepEqual(await values(client), ['new', 'newest'])
        await simulation.sleep(12_000)
        assert.equal((await fetchFrom(client, 'orders', 3)).logStartOffset, 3)
        assert.deepEqual(await values(client), ['newest'])
      },
    ))
})
