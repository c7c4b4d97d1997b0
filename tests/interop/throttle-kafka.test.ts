/** Quotas of Apache Kafka 4.3.1: what it asks our producer and consumer to hold back for, they hold back for. */

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, test } from 'node:test'
import type { ChannelEvents, MetricValue } from '@odradek/client'
import { Kafka, string } from '@odradek/client'
import type { KafkaServer } from './harness/kafka-server.ts'
import { startKafka } from './harness/kafka-server.ts'
import { KafkaToolRunner } from './harness/kafka-tools.ts'

const CLIENT = 'throttled'
const RECORDS = 150
const serdes = { key: string, value: string }
/** Clocks of the two ends do not tick together. */
const SLACK_MS = 20
const tools = new KafkaToolRunner()
let server: KafkaServer

before(async () => {
  server = await startKafka({ configs: { 'quota.window.size.seconds': '1', 'quota.window.num': '5' } })
  const quotas = 'producer_byte_rate=20000,consumer_byte_rate=20000'
  const entity = ['--entity-type', 'clients', '--entity-name', CLIENT]
  await tools.mustRun('kafka-configs', ['--bootstrap-server', server.bootstrapServers, '--alter', '--add-config', quotas, ...entity])
})

after(async () => {
  await tools.stop()
  await server.stop()
})

interface Exchange {
  readonly sentMs: number
  readonly answeredMs: number
  readonly throttleTimeMs: number
}

/** The requests of one API that `run` makes, in order. */
async function exchangesOf(api: string, run: () => Promise<void>): Promise<Exchange[]> {
  const exchanges: Exchange[] = []
  const listener = (message: unknown): void => {
    const event = message as ChannelEvents['odradek:request']
    const answeredMs = performance.now()
    if (event.api === api) exchanges.push({ sentMs: answeredMs - event.latencyMs, answeredMs, throttleTimeMs: event.throttleTimeMs })
  }
  subscribe('odradek:request', listener)
  try {
    await run()
  } finally {
    unsubscribe('odradek:request', listener)
  }
  return exchanges
}

/** None was sent while an earlier answer asked to hold back. */
function assertHeldBack(exchanges: readonly Exchange[]): void {
  const throttled = exchanges.filter(({ throttleTimeMs }) => throttleTimeMs > 0)
  assert.ok(throttled.length > 1, `${throttled.length} of ${exchanges.length} answers asked to hold back`)
  for (const { answeredMs, throttleTimeMs } of throttled) {
    const early = exchanges.filter(({ sentMs }) => sentMs > answeredMs && sentMs < answeredMs + throttleTimeMs - SLACK_MS)
    assert.deepEqual(early, [])
  }
}

function figure(values: readonly MetricValue[], wanted: string): number {
  return values.find(({ name }) => name === wanted)?.value ?? Number.NaN
}

test('producer and consumer keep the throttle times that Apache Kafka gives them', async () => {
  await using kafka = new Kafka({ bootstrapServers: server.bootstrapServers, clientId: CLIENT })
  const producer = kafka.producer({ ...serdes, batchSize: 4000, maxInFlightRequestsPerConnection: 1 })
  const produced = await exchangesOf('Produce', async () => {
    const sent = Array.from({ length: RECORDS }, (_, index) => producer.send({ topic: 'quota', value: `${index}`.padEnd(1000) }))
    await Promise.all(sent)
  })
  assertHeldBack(produced)
  assert.ok(figure(producer.metrics(), 'produce-throttle-time-max') > 0)

  const consumer = kafka.consumer({
    ...serdes,
    groupId: 'quota',
    autoOffsetReset: 'earliest',
    fetchMaxBytes: 20_000,
    maxPartitionFetchBytes: 20_000,
  })
  await consumer.subscribe(['quota'])
  let count = 0
  const fetched = await exchangesOf('Fetch', async () => {
    while (count < RECORDS) count += (await consumer.poll()).length
  })
  assert.equal(count, RECORDS)
  assertHeldBack(fetched)
  assert.ok(figure(consumer.metrics(), 'fetch-throttle-time-max') > 0)
})
