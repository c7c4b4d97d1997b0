/** The producer as applications see it. */

import type { ProducerConfig } from '../config/producer.ts'
import type { ClientOptions } from '../config/options.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { HeadersInput } from '../headers.ts'
import type { Serializer } from '../serde/serde.ts'
import type { PartitionInfo } from '../topic-partition.ts'
import type { MetricValue } from '../metrics/registry.ts'
import type { TransactionalProducer } from '../transaction/types.ts'
import type { ProducerInterceptor } from './interceptors.ts'
import type { Partitioner } from './partitioner.ts'

export interface ProducerRecord<K, V> {
  readonly topic: string
  readonly key?: K | null | undefined
  /** Null is a tombstone in a compacted topic. */
  readonly value: V | null
  /** Chosen by the partitioner when absent. */
  readonly partition?: number | undefined
  /** Milliseconds since the epoch; now when absent. */
  readonly timestamp?: number | undefined
  readonly headers?: HeadersInput | undefined
}

/** Where an acknowledged record is. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** −1 with `acks: 0`, and for a duplicate that the broker had already forgotten. */
  readonly offset: number
  /** Milliseconds since the epoch: the record's, or the broker's with `message.timestamp.type=LogAppendTime`. */
  readonly timestamp: number
}

/** The outcome of `sendBatch()`: metadata in the order of the records, made as they are asked for. */
export interface SentBatch extends Iterable<RecordMetadata> {
  readonly length: number
  /** Throws RangeError outside 0 … length − 1. */
  at(index: number): RecordMetadata
}

export interface SendFailure {
  /** Position in the array that was sent. */
  readonly index: number
  readonly error: KafkaError
}

export interface ProducerOptions<K, V> extends Partial<ProducerConfig>, ClientOptions {
  /** Without it keys are strings (UTF-8) or bytes. */
  readonly key?: Serializer<K> | undefined
  /** Without it values are strings (UTF-8) or bytes. */
  readonly value?: Serializer<V> | undefined
  /** Places the records that name no partition; Java's default behaviour when absent. */
  readonly partitioner?: Partitioner<K, V> | undefined
  /** Called around every record, in this order (KIP-42). */
  readonly interceptors?: readonly ProducerInterceptor<K, V>[] | undefined
}

export interface CloseOptions {
  /** Milliseconds to finish what is under way; what is left then fails. */
  readonly timeoutMs?: number | undefined
}

export interface Producer<K, V> extends AsyncDisposable, TransactionalProducer<K, V> {
  /**
   * Queues a record, serialised and copied before the call returns unless a serializer takes its time; resolves once it is acknowledged as `acks`
   * demands. Waits up to `max.block.ms` for metadata, for the partition that is named, and for room in `buffer.memory`. Rejects with a KafkaError: SerializationError, TimeoutError, BrokerError …; other records are unaffected.
   */
  send(record: ProducerRecord<K, V>): Promise<RecordMetadata>
  /**
   * Queues many records at the price of one promise. Resolves when all are acknowledged; when some are not, rejects with a SendBatchError
   * that names each, once every record is settled.
   */
  sendBatch(records: readonly ProducerRecord<K, V>[]): Promise<SentBatch>
  /**
   * A stream that sends what is written to it: `source.pipeTo(producer.writable())`. A write is done when the record has found room in
   * `buffer.memory`, which is the backpressure, and rejects when the record is refused; closing the stream flushes, and leaves the producer open. The first record that fails puts
   * the stream in error.
   */
  writable(): WritableStream<ProducerRecord<K, V>>
  /** Sends what is queued without waiting for `linger.ms`; resolves when every earlier record is settled, however it went. */
  flush(): Promise<void>
  partitionsFor(topic: string): Promise<readonly PartitionInfo[]>
  /** Figures under Kafka's names, as they are now. */
  metrics(): readonly MetricValue[]
  /**
   * Takes no more records, flushes, aborts a transaction that is open, then disconnects. Safe to call again: the least `timeoutMs` counts. Waits
   * without limit when none is given: `delivery.timeout.ms` bounds it, for serializers and for the cluster.
   */
  close(options?: CloseOptions): Promise<void>
}

/** The producer as its parts see it. */
export interface PlacingProducer<K, V> extends Producer<K, V> {
  /** As `send`; `onPlaced` is called once the record has found room in `buffer.memory`. */
  sendPlacing(record: ProducerRecord<K, V>, onPlaced: () => void): Promise<RecordMetadata>
}
