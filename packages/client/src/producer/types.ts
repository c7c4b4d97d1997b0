/** The producer as applications see it, in transactions and outside of them. */

import type { ProducerConfig } from '../config/producer.ts'
import type { ClientOptions, CloseOptions } from '../config/options.ts'
import type { ConsumerGroupMetadata } from '../consumer/types.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { HeadersInput } from '../headers.ts'
import type { Serializer } from '../serde/serde.ts'
import type { OffsetToCommit, PartitionInfo } from '../topic-partition.ts'
import type { MetricValue } from '../metrics/registry.ts'
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

/** What applications hang into every send (KIP-42). One that throws is warned of once and changes nothing. */
export interface ProducerInterceptor<K, V> {
  /** Before the record is serialised; returns it, or the record to send in its place. The next interceptor gets what this one returns. */
  onSend?(record: ProducerRecord<K, V>): ProducerRecord<K, V>
  /** Once a record is acknowledged or has failed, serialisation included: one of `metadata` and `error` is there. `record` is what was sent. */
  onAcknowledgement?(metadata: RecordMetadata | undefined, error: KafkaError | undefined, record: ProducerRecord<K, V>): void
  /** With the producer, once all records are settled. */
  close?(): void
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

/** What `producer.transaction()` hands to its function: all that it sends counts together, or not at all. */
export interface Transaction<K, V> {
  /** As `producer.send()`. Need not be awaited: a record that fails fails the transaction. */
  send(record: ProducerRecord<K, V>): Promise<RecordMetadata>
  /** As `producer.sendBatch()`. */
  sendBatch(records: readonly ProducerRecord<K, V>[]): Promise<SentBatch>
  /** As `producer.sendOffsetsToTransaction()`. */
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void>
}

/** A producer with `transactional.id` (KIP-98). Every method throws or rejects with StateError when there is none, or out of turn. */
export interface TransactionalProducer<K, V> {
  /**
   * Once, before the first transaction: ends what an earlier producer with this `transactional.id` has left open, and fences that producer.
   * Rejects with TimeoutError after `max.block.ms`; it may then be called again.
   */
  initTransactions(): Promise<void>
  /** Opens a transaction: what is sent from here on belongs to it. Throws StateError. */
  beginTransaction(): void
  /**
   * Commits a group's offsets with the transaction (KIP-447): `offset` is that of the next record to read. `group` is the consumer's
   * `groupMetadata()`, taken after the `poll()` that gave the records; a member that the group has replaced is refused. The consumer's own
   * auto-commit has to be off. Rejects with ConfigError when an argument is wrong: nothing was sent, the transaction goes on. Rejects with
   * another KafkaError when the offsets cannot be committed: the transaction can then only be aborted.
   */
  sendOffsetsToTransaction(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void>
  /**
   * Sends what is queued, waits for all of it, and makes it count. Rejects with what went wrong: when `fatal`, close the producer; a
   * TimeoutError after `max.block.ms` while the end is not known: call it again; all else: call `abortTransaction()`.
   */
  commitTransaction(): Promise<void>
  /** Drops what is queued and undoes what was sent. Rejects when `fatal`, or with TimeoutError after `max.block.ms`: call it again. */
  abortTransaction(): Promise<void>
  /**
   * Runs `run` in a transaction, which is committed when it resolves; when it rejects, or a record fails, the transaction is aborted and the
   * error rejects; where the abort is the end of the producer, its fatal error, with the first as its cause. Calls `initTransactions()` when
   * nobody has. One at a time. Resolves with what `run` resolved with. When the error is `fatal` close the producer; after any other the next
   * transaction may be tried. A TimeoutError of the commit leaves open how it ended; the next call finds out first.
   */
  transaction<T>(run: (transaction: Transaction<K, V>) => Promise<T>): Promise<T>
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
