/** The settings that decide how batches are taken: as defaults of the broker, at start and while it runs, and as a topic's own. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, incrementalAlterConfigs, readBatchHeader, RecordBatchBuilder } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import { batchOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { runtimeWithFaults } from '../support/file-faults.ts'
import { fetchFrom, one, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const { codecs } = createNodeRuntime()
const hourMs = 3_600_000
const ResourceTypes = { Topic: 2, Broker: 4 } as const

async function alter(client: WireClient, resourceType: number, resourceName: string, name: string, value: string | null): Promise<void> {
  const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
  const { responses } = await client.request(incrementalAlterConfigs, 1, {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly: false,
  })
  assert.equal(one(responses).errorCode, 0, one(responses).errorMessage ?? '')
}

function timedBatch(timestampMs: number): Buffer {
  const builder = new RecordBatchBuilder()
  builder.append(timestampMs, null, 'x')
  return builder.build({ crc32c: (data) => codecs.crc32c(data) })
}

/** How a setting shows, with a value that is not the default: what a produce request meets under the default and under that value. */
interface Case {
  readonly brokerKey: string
  readonly topicKey: string
  readonly value: string
  readonly observe: (client: WireClient) => Promise<unknown>
  readonly before: unknown
  readonly after: unknown
}

async function errorOf(client: WireClient, batch: Buffer): Promise<number> {
  return (await send(client, 'orders', batch)).errorCode
}

async function storedHeader(client: WireClient): Promise<ReturnType<typeof readBatchHeader>> {
  const { baseOffset } = await send(client, 'orders', batchOf(['x'.repeat(500)]))
  const { records } = await fetchFrom(client, 'orders', baseOffset)
  assert.ok(records)
  return readBatchHeader(records, 0)
}

const cases: readonly Case[] = [
  {
    brokerKey: 'message.max.bytes',
    topicKey: 'max.message.bytes',
    value: '1000',
    observe: (client) => errorOf(client, batchOf(['x'.repeat(2000)])),
    before: ErrorCodes.NONE,
    after: ErrorCodes.MESSAGE_TOO_LARGE,
  },
  {
    brokerKey: 'log.message.timestamp.type',
    topicKey: 'message.timestamp.type',
    value: 'LogAppendTime',
    observe: async (client) => (await storedHeader(client)).timestampType,
    before: 'CreateTime',
    after: 'LogAppendTime',
  },
  {
    brokerKey: 'log.message.timestamp.before.max.ms',
    topicKey: 'message.timestamp.before.max.ms',
    value: String(hourMs),
    observe: (client) => errorOf(client, timedBatch(Date.now() - 2 * hourMs)),
    before: ErrorCodes.NONE,
    after: ErrorCodes.INVALID_TIMESTAMP,
  },
  {
    brokerKey: 'log.message.timestamp.after.max.ms',
    topicKey: 'message.timestamp.after.max.ms',
    value: String(3 * hourMs),
    observe: (client) => errorOf(client, timedBatch(Date.now() + 2 * hourMs)),
    before: ErrorCodes.INVALID_TIMESTAMP,
    after: ErrorCodes.NONE,
  },
  {
    brokerKey: 'compression.type',
    topicKey: 'compression.type',
    value: 'lz4',
    observe: async (client) => (await storedHeader(client)).compression,
    before: 'none',
    after: 'lz4',
  },
  {
    brokerKey: 'min.insync.replicas',
    topicKey: 'min.insync.replicas',
    value: '2',
    observe: (client) => errorOf(client, batchOf(['x'])),
    before: ErrorCodes.NONE,
    after: ErrorCodes.NOT_ENOUGH_REPLICAS,
  },
]

for (const { brokerKey, topicKey, value, observe, before, after } of cases) {
  test(`${brokerKey} and ${topicKey}: at start, while the broker runs, and the topic's own over both`, async () => {
    await withBroker({ topics: { orders: {} } }, async ({ client }) => {
      assert.deepEqual(await observe(client), before)
      await alter(client, ResourceTypes.Broker, '', brokerKey, value)
      assert.deepEqual(await observe(client), after, 'as a default of all brokers')
      await alter(client, ResourceTypes.Broker, '', brokerKey, null)
      assert.deepEqual(await observe(client), before, 'taken back')
      await alter(client, ResourceTypes.Topic, 'orders', topicKey, value)
      assert.deepEqual(await observe(client), after, "as the topic's own")
    })
    await withBroker({ topics: { orders: {} }, config: { [brokerKey]: value } }, async ({ client }) => {
      assert.deepEqual(await observe(client), after, 'at start')
    })
  })
}

test('log.flush.interval.messages, log.flush.interval.ms and log.flush.scheduler.interval.ms sync the logs of topics that do not say', async () => {
  for (const [name, value] of [
    ['log.flush.interval.messages', '1'],
    ['log.flush.interval.ms', '1'],
    ['log.flush.scheduler.interval.ms', '1'],
  ] as const) {
    let synced = (): void => undefined
    const isSynced = new Promise<void>((resolve) => {
      synced = resolve
    })
    const beforeSync = (path: string): void => {
      if (/\/orders-0\/.*\.log$/.test(path)) synced()
    }
    const runtime = runtimeWithFaults({ beforeSync })
    await withBroker({ topics: { orders: {} }, config: { [name]: value }, runtime }, async ({ client }) => {
      await send(client, 'orders', batchOf(['x']))
      await isSynced
    })
  }
})
