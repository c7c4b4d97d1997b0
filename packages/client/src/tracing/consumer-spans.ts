/** Spans of a consumer: one a poll that brought records, and one a record around its handler, in the trace that the record was sent in. */

import type { Consumer, ConsumerRecord } from '../consumer/types.ts'
import type { AttributeValue, SpanContext, TracingApi, TracingOptions } from './api.ts'
import { endFailed, tracerOf } from './api.ts'
import { extractContext } from './trace-headers.ts'

/** As many links as OpenTelemetry's SDKs keep of a span by default. */
const MAX_LINKS = 128

export interface ConsumerIdentity {
  readonly clientId?: string | undefined
  readonly groupId?: string | null | undefined
}

/** What a record needs to have to be traced. */
type TraceableRecord = Pick<ConsumerRecord<unknown, unknown>, 'topic' | 'partition' | 'offset' | 'headers'>

/** The same consumer, whose `poll()` makes a span, linked to the records' own, when it returns records. */
export function tracePolls<K, V>(
  consumer: Consumer<K, V>,
  tracing: TracingOptions,
  identity: ConsumerIdentity,
  nowMs: () => number,
): Consumer<K, V> {
  const poll = consumer.poll.bind(consumer)
  return Object.assign(consumer, {
    poll: async (timeoutMs?: number) => {
      const startTime = nowMs()
      const records = await poll(timeoutMs)
      if (records.length > 0) recordPoll(records, tracing, identity, startTime)
      return records
    },
  })
}

/**
 * Runs `process` in a span 'process <topic>', which continues the trace of the record's headers and is active meanwhile. Ends it when what
 * `process` returns has settled; returns that. A failure is recorded in the span and passed on.
 */
export function traceProcess<R>(
  tracing: TracingOptions,
  record: TraceableRecord,
  process: () => R | Promise<R>,
  identity: ConsumerIdentity = {},
): Promise<R> {
  const { api } = tracing
  const context = extractContext(api, api.context.active(), record.headers)
  const attributes = {
    ...describe('process', 'process', record.topic, identity),
    'messaging.destination.partition.id': String(record.partition),
    'messaging.kafka.offset': record.offset,
  }
  const span = tracerOf(tracing).startSpan(`process ${record.topic}`, { kind: api.SpanKind.CONSUMER, attributes }, context)
  const run = async (): Promise<R> => process()
  return api.context.with(api.trace.setSpan(context, span), run).then(
    (result) => {
      span.end()
      return result
    },
    (error: unknown) => {
      endFailed(span, error, tracing)
      throw error
    },
  )
}

function recordPoll(records: readonly TraceableRecord[], tracing: TracingOptions, identity: ConsumerIdentity, startTime: number): void {
  const { api } = tracing
  const topics = new Set(records.map(({ topic }) => topic))
  const [topic] = topics
  const attributes = {
    ...describe('poll', 'receive', topics.size === 1 ? topic : undefined, identity),
    'messaging.batch.message_count': records.length,
  }
  const links = records.slice(0, MAX_LINKS).flatMap((record) => linkTo(api, record))
  const name = topics.size === 1 ? `poll ${topic}` : 'poll'
  tracerOf(tracing).startSpan(name, { kind: api.SpanKind.CLIENT, attributes, links, startTime }, api.context.active()).end()
}

function linkTo(api: TracingApi, record: TraceableRecord): { readonly context: SpanContext }[] {
  const context = api.trace.getSpanContext(extractContext(api, api.ROOT_CONTEXT, record.headers))
  return context === undefined ? [] : [{ context }]
}

function describe(
  name: string,
  type: string,
  topic: string | undefined,
  { clientId, groupId }: ConsumerIdentity,
): Record<string, AttributeValue> {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    ...(topic === undefined ? {} : { 'messaging.destination.name': topic }),
    ...(clientId === undefined ? {} : { 'messaging.client.id': clientId }),
    ...(groupId === undefined || groupId === null ? {} : { 'messaging.consumer.group.name': groupId }),
  }
}
