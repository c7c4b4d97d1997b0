/** What a program can see of its clients: figures by Kafka's names, channels, spans. The guide's tables are held against the figures. */

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Broker } from '@odradek/broker'
import { startBroker } from '@odradek/broker'
import type { ChannelEvents, ConsumerRecord, MetricValue } from '@odradek/client'
import { Kafka, SendBatchError, string, traceProcess } from '@odradek/client'
import { rootDir } from '../interop/harness/paths.ts'

const guide = join(rootDir, 'docs', 'guide', 'observability.md')
const serdes = { key: string, value: string }

let broker: Broker

before(async () => {
  broker = await startBroker({ topics: { orders: { partitions: 2 } } })
})
after(() => broker.close())

/** Everything that is told on a channel while `run` runs. */
async function listen<N extends keyof ChannelEvents>(name: N, run: () => Promise<void>): Promise<ChannelEvents[N][]> {
  const events: ChannelEvents[N][] = []
  const listener = (event: unknown): void => void events.push(event as ChannelEvents[N])
  subscribe(name, listener)
  try {
    await run()
  } finally {
    unsubscribe(name, listener)
  }
  return events
}

/** Sends ten records to each partition, reads them in a group of its own and commits. */
async function roundTrip(groupId: string, kafka = new Kafka({ bootstrapServers: broker.bootstrapServers, clientId: groupId })) {
  const producer = kafka.producer(serdes)
  const sent = Array.from({ length: 20 }, (_, index) =>
    producer.send({ topic: 'orders', partition: index % 2, key: 'k', value: `v${index}`.padEnd(100) }),
  )
  await Promise.all(sent)
  const consumer = kafka.consumer({ ...serdes, groupId, autoOffsetReset: 'earliest', enableAutoCommit: false })
  await consumer.subscribe(['orders'])
  const records: ConsumerRecord<string, string>[] = []
  while (records.length < 20) records.push(...(await consumer.poll()))
  await consumer.commitSync()
  const admin = kafka.admin()
  await admin.describeCluster()
  const figures = { producer: producer.metrics(), consumer: consumer.metrics(), admin: admin.metrics() }
  await kafka.close()
  return { records, figures }
}

/** Of a figure without tags of its own, unless some are named. */
function read(values: readonly MetricValue[], group: string, name: string, tags: Readonly<Record<string, string>> = {}): number {
  const found = values.find(
    (value) =>
      value.group === group &&
      value.name === name &&
      Object.keys(value.tags).length === Object.keys(tags).length + 1 &&
      Object.entries(tags).every(([tag, wanted]) => value.tags[tag] === wanted),
  )
  assert.ok(found, `${group}: ${name}`)
  return found.value
}

describe('figures', () => {
  it('of a producer', async () => {
    const { figures } = await roundTrip('figures-1')
    const of = (name: string, group = 'producer-metrics', tags = {}): number => read(figures.producer, group, name, tags)
    assert.equal(of('record-send-total'), 20)
    assert.ok(of('record-send-rate') > 0)
    assert.equal(of('record-error-total') + of('record-retry-total'), 0)
    assert.equal(of('compression-rate-avg'), 1)
    assert.ok(of('batch-size-avg') <= of('batch-size-max') && of('batch-size-max') > 1000)
    assert.ok(of('record-size-avg') > 100)
    assert.ok(of('records-per-request-avg') >= 1 && of('records-per-request-avg') <= 20)
    assert.ok(of('request-latency-avg') > 0 && of('request-latency-max') >= of('request-latency-avg'))
    assert.equal(of('requests-in-flight'), 0)
    assert.equal(of('connection-count'), 1)
    assert.equal(of('request-total'), of('response-total'))
    assert.ok(of('metadata-age') >= 0 && of('metadata-age') < 60)
    assert.equal(of('buffer-available-bytes'), of('buffer-total-bytes'))
    assert.equal(of('record-send-total', 'producer-topic-metrics', { topic: 'orders' }), 20)
    assert.ok(of('byte-total', 'producer-topic-metrics', { topic: 'orders' }) > 2000)
    assert.ok(of('outgoing-byte-total', 'producer-node-metrics', { 'node-id': 'node-1' }) > 2000)
    assert.ok(figures.producer.every(({ tags }) => tags['client-id'] === 'figures-1'))
  })

  it('of a consumer', async () => {
    const { figures, records } = await roundTrip('figures-2')
    const of = (name: string, group: string, tags = {}): number => read(figures.consumer, group, name, tags)
    const fetches = 'consumer-fetch-manager-metrics'
    assert.equal(of('records-consumed-total', fetches), records.length)
    assert.equal(of('records-consumed-total', fetches, { topic: 'orders' }), records.length)
    assert.ok(of('bytes-consumed-total', fetches) > 2000 && of('fetch-size-avg', fetches) > 0)
    assert.ok(of('fetch-total', fetches) >= 1 && of('fetch-latency-max', fetches) > 0)
    assert.ok(of('records-per-request-avg', fetches) >= 1)
    assert.ok(of('records-lag-max', fetches) >= 0)
    const first = { topic: 'orders', partition: '0' }
    assert.ok(of('records-lag', fetches, first) >= 0)
    assert.ok(of('records-lead', fetches, first) >= 10)
    const group = 'consumer-coordinator-metrics'
    assert.deepEqual(
      ['commit-total', 'join-total', 'sync-total', 'rebalance-total', 'failed-rebalance-total', 'assigned-partitions'].map((name) =>
        of(name, group),
      ),
      [1, 1, 1, 1, 0, 2],
    )
    assert.ok(of('rebalance-latency-avg', group) > 0 && of('commit-latency-avg', group) > 0)
    assert.equal(of('last-poll-seconds-ago', 'consumer-metrics'), 0)
  })

  it('are those of the guide, no more and no fewer', async () => {
    const { figures } = await roundTrip('figures-3')
    const documented = tables(readFileSync(guide, 'utf8'))
    const measured = new Map<string, Set<string>>()
    for (const { group, name } of Object.values(figures).flat()) measured.set(group, (measured.get(group) ?? new Set()).add(name))
    assert.deepEqual([...documented.keys()].sort(), [...measured.keys()].sort())
    for (const [group, names] of measured) assert.deepEqual([...(documented.get(group) ?? [])].sort(), [...names].sort(), group)
  })
})

/** The names in the first cell of each row, by the group in the heading above. */
function tables(markdown: string): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>()
  let current: Set<string>[] = []
  for (const line of markdown.split('\n')) {
    if (line.startsWith('#')) {
      const names = [...line.matchAll(/`([a-z-]+-metrics)`/g)].map(([, name]) => name ?? '')
      current = names.map((name) => {
        const group = groups.get(name) ?? new Set<string>()
        groups.set(name, group)
        return group
      })
    }
    const cell = /^\| (`[^|]*`) \|/.exec(line)?.[1] ?? ''
    for (const [, name] of cell.matchAll(/`([^`]+)`/g)) for (const group of current) group.add(name ?? '')
  }
  return groups
}

const channelNames = {
  'odradek:connection': true,
  'odradek:request': true,
  'odradek:metadata': true,
  'odradek:producer:send': true,
  'odradek:producer:acknowledge': true,
  'odradek:producer:retry': true,
  'odradek:producer:error': true,
  'odradek:consumer:fetch': true,
  'odradek:consumer:commit': true,
  'odradek:consumer:rebalance': true,
} satisfies Record<keyof ChannelEvents, true>

describe('channels', () => {
  it('are those of the guide', () => {
    const rows = [...readFileSync(guide, 'utf8').matchAll(/^\| `(odradek:[a-z:]+)` \|/gm)].map(([, name]) => name)
    assert.deepEqual(rows, Object.keys(channelNames))
  })

  it('tell of requests, connections and metadata', async () => {
    let connections: ChannelEvents['odradek:connection'][] = []
    let metadata: ChannelEvents['odradek:metadata'][] = []
    const requests = await listen('odradek:request', async () => {
      connections = await listen('odradek:connection', async () => {
        metadata = await listen('odradek:metadata', async () => void (await roundTrip('channels-1')))
      })
    })
    const produced = requests.find(({ api: name }) => name === 'Produce')
    assert.ok(produced && produced.latencyMs > 0 && produced.requestBytes > 0 && produced.responseBytes > 0)
    assert.deepEqual([produced.clientId, produced.node, produced.error], ['channels-1', 'node-1', undefined])
    assert.ok(requests.some(({ api: name }) => name === 'JoinGroup'))
    const opened = connections.filter(({ event }) => event === 'open').length
    assert.ok(opened >= 3)
    assert.equal(connections.length, opened * 2)
    assert.ok(metadata.some(({ event, nodes }) => event === 'update' && nodes === 1))
  })

  it('tell what becomes of batches', async () => {
    let acknowledged: ChannelEvents['odradek:producer:acknowledge'][] = []
    const sent = await listen('odradek:producer:send', async () => {
      acknowledged = await listen('odradek:producer:acknowledge', async () => void (await roundTrip('channels-2')))
    })
    assert.equal(
      sent.reduce((count, { records }) => count + records, 0),
      20,
    )
    assert.ok(sent.every(({ topic, attempt, bytes }) => topic === 'orders' && attempt === 1 && (bytes ?? 0) > 0))
    assert.equal(acknowledged.length, sent.length)
    const failed = await listen('odradek:producer:error', async () => {
      await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
      await using admin = kafka.admin()
      await admin.createTopics([{ topic: 'small', configs: { 'max.message.bytes': '100' } }])
      await assert.rejects(kafka.producer(serdes).send({ topic: 'small', value: 'v'.repeat(500) }))
    })
    assert.equal(failed.length, 1)
    assert.match(failed[0]?.error?.message ?? '', /MESSAGE_TOO_LARGE/)
  })

  it('tell of fetches, commits and rebalances', async () => {
    let commits: ChannelEvents['odradek:consumer:commit'][] = []
    let rebalances: ChannelEvents['odradek:consumer:rebalance'][] = []
    const fetched = await listen('odradek:consumer:fetch', async () => {
      commits = await listen('odradek:consumer:commit', async () => {
        rebalances = await listen('odradek:consumer:rebalance', async () => void (await roundTrip('channels-3')))
      })
    })
    assert.deepEqual(new Set(fetched.map(({ partition }) => partition)), new Set([0, 1]))
    assert.deepEqual(
      commits.map(({ isRefused }) => isRefused),
      [false],
    )
    assert.deepEqual(
      rebalances.map(({ isFailed }) => isFailed),
      [false],
    )
  })
})

describe('spans', () => {
  const exporter = new InMemorySpanExporter()
  const contexts = new AsyncLocalStorageContextManager().enable()

  before(() => {
    api.context.setGlobalContextManager(contexts)
    api.propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  })
  after(() => {
    api.trace.disable()
    api.propagation.disable()
    api.context.disable()
  })

  function finished(name: string): ReadableSpan[] {
    return exporter.getFinishedSpans().filter((span) => span.name === name)
  }

  const tracing = { api }

  it('follow a record from the sender’s span to the handler’s', async () => {
    exporter.reset()
    await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers, clientId: 'traced', tracing })
    const producer = kafka.producer(serdes)
    const tracer = api.trace.getTracer('test')
    const { offset } = await tracer.startActiveSpan('order', async (parent) => {
      const sent = await producer.send({ topic: 'traced', key: 'o-1', value: 'v', headers: { traceparent: 'stale', kept: 'yes' } })
      parent.end()
      return sent
    })
    const consumer = kafka.consumer({ ...serdes, groupId: 'tracers', autoOffsetReset: 'earliest' })
    await consumer.subscribe(['traced'])
    let records: ConsumerRecord<string, string>[] = []
    while (records.length === 0) records = await consumer.poll()
    const [record] = records
    assert.ok(record)
    const inside = await traceProcess(
      tracing,
      record,
      async () => {
        await Promise.resolve()
        return api.trace.getActiveSpan()?.spanContext()
      },
      { groupId: 'tracers' },
    )

    const [order] = finished('order')
    const [send] = finished('send traced')
    const [process] = finished('process traced')
    const [poll] = finished('poll traced')
    assert.ok(order && send && process && poll)
    assert.equal(send.kind, api.SpanKind.PRODUCER)
    assert.equal(send.parentSpanContext?.spanId, order.spanContext().spanId)
    assert.deepEqual(send.attributes, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'traced',
      'messaging.client.id': 'traced',
      'messaging.kafka.message.key': 'o-1',
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': offset,
    })
    const headers = record.headers.map(({ key, value }) => `${key}=${value?.toString()}`)
    assert.deepEqual(headers, [`traceparent=00-${send.spanContext().traceId}-${send.spanContext().spanId}-01`, 'kept=yes'])
    assert.equal(process.parentSpanContext?.spanId, send.spanContext().spanId)
    assert.equal(process.attributes['messaging.consumer.group.name'], 'tracers')
    assert.equal(inside?.spanId, process.spanContext().spanId)
    assert.equal(poll.links[0]?.context.spanId, send.spanContext().spanId)
    assert.equal(poll.attributes['messaging.batch.message_count'], 1)
  })

  it('say which records of many have failed, and why', async () => {
    exporter.reset()
    await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers, tracing })
    const producer = kafka.producer(serdes)
    const sent = producer.sendBatch([
      { topic: 'orders', partition: 0, value: 'good' },
      { topic: 'orders', partition: -1, value: 'bad' },
    ])
    await assert.rejects(sent, SendBatchError)
    const [bad, good] = ['SERIALIZATION', undefined].map((type) =>
      finished('send orders').find(({ attributes }) => attributes['error.type'] === type),
    )
    assert.ok(good && bad)
    assert.equal(good.status.code, api.SpanStatusCode.UNSET)
    assert.equal(bad.status.code, api.SpanStatusCode.ERROR)
    assert.equal(bad.events[0]?.name, 'exception')
  })

  it('of a handler that throws are failed, and the error is passed on', async () => {
    exporter.reset()
    const record = { topic: 't', partition: 0, offset: 3, headers: [] }
    await assert.rejects(
      traceProcess(tracing, record, () => {
        throw new TypeError('no')
      }),
      /no/,
    )
    const [process] = finished('process t')
    assert.equal(process?.attributes['error.type'], 'TypeError')
    assert.equal(process?.status.code, api.SpanStatusCode.ERROR)
  })

  it('are not made, and no header added, unless asked for', async () => {
    exporter.reset()
    const { records } = await roundTrip('untraced')
    assert.ok(records.slice(-1).every(({ headers }) => headers.length === 0))
    assert.equal(exporter.getFinishedSpans().length, 0)
  })
})
