/** A span a record sent, named and described by OpenTelemetry's conventions for messaging; its context travels in the record's headers. */

import { SendBatchError } from '../errors/kafka-error.ts'
import type { PlacingProducer, Producer, ProducerRecord, RecordMetadata } from '../producer/types.ts'
import type { AttributeValue, Span, TracingOptions } from './api.ts'
import { endFailed, tracerOf } from './api.ts'
import { injectContext } from './trace-headers.ts'

interface TracedRecord<K, V> {
  readonly record: ProducerRecord<K, V>
  readonly span: Span
}

/** The same producer, whose `send()` and `sendBatch()` make spans. */
export function traceSends<K, V>(producer: PlacingProducer<K, V>, tracing: TracingOptions, clientId: string): Producer<K, V> {
  const traced =
    <Rest extends unknown[]>(send: (record: ProducerRecord<K, V>, ...rest: Rest) => Promise<RecordMetadata>) =>
    (untraced: ProducerRecord<K, V>, ...rest: Rest): Promise<RecordMetadata> => {
      const { record, span } = startSend(untraced, tracing, clientId)
      const sent = send(record, ...rest)
      sent.then(
        (metadata) => endSent(span, metadata),
        (error: unknown) => endFailed(span, error, tracing),
      )
      return sent
    }
  const sendBatch = producer.sendBatch.bind(producer)
  return Object.assign(producer, {
    send: traced(producer.send.bind(producer)),
    sendPlacing: traced(producer.sendPlacing.bind(producer)),
    sendBatch: (untraced: readonly ProducerRecord<K, V>[]) => {
      const traced = untraced.map((record) => startSend(record, tracing, clientId))
      const sent = sendBatch(traced.map(({ record }) => record))
      sent.then(
        (batch) => {
          for (const [index, { span }] of traced.entries()) endSent(span, batch.at(index))
        },
        (error: unknown) => {
          const failures = failuresOf(error)
          for (const [index, { span }] of traced.entries()) {
            if (failures === undefined || failures.has(index)) endFailed(span, failures?.get(index) ?? error, tracing)
            else span.end()
          }
        },
      )
      return sent
    },
  })
}

function startSend<K, V>(record: ProducerRecord<K, V>, tracing: TracingOptions, clientId: string): TracedRecord<K, V> {
  const { api } = tracing
  const active = api.context.active()
  const attributes: Record<string, AttributeValue> = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': record.topic,
    'messaging.client.id': clientId,
  }
  if (typeof record.key === 'string') attributes['messaging.kafka.message.key'] = record.key
  if (record.value === null) attributes['messaging.kafka.message.tombstone'] = true
  const span = tracerOf(tracing).startSpan(`send ${record.topic}`, { kind: api.SpanKind.PRODUCER, attributes }, active)
  const headers = injectContext(api, api.trace.setSpan(active, span), record.headers)
  return { record: { ...record, headers }, span }
}

function endSent(span: Span, { partition, offset }: RecordMetadata): void {
  span.setAttribute('messaging.destination.partition.id', String(partition))
  if (offset >= 0) span.setAttribute('messaging.kafka.offset', offset)
  span.end()
}

/** By index, of a SendBatchError; undefined when all have failed with the same. */
function failuresOf(error: unknown): ReadonlyMap<number, unknown> | undefined {
  if (!(error instanceof SendBatchError)) return undefined
  return new Map(error.failures.map((failure) => [failure.index, failure.error]))
}
