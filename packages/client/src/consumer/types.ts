/** The consumer as applications see it. */

import type { RecordHeader } from '@odradek/protocol'
import type { ConsumerConfig } from '../config/consumer.ts'
import type { ClientOptions, CloseOptions } from '../config/options.ts'
import type { Assignor } from './assignors/assignor.ts'
import type { AssignorName } from './assignors/built-in.ts'
import type { MetricValue } from '../metrics/registry.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { AsyncDeserializer, Deserializer } from '../serde/serde.ts'
import type {
  CommittedOffset,
  OffsetAndTimestamp,
  OffsetToCommit,
  PartitionInfo,
  SeekPosition,
  TopicPartition,
  TopicPartitionOffset,
} from '../topic-partition.ts'

export interface ConsumerRecord<K, V> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** Deserialised when first read, or before `poll()` returns by an AsyncDeserializer; throws SerializationError, which names the record, when that fails. */
  readonly key: K | null
  /** As `key`. */
  readonly value: V | null
  /** In the order written, duplicates kept. */
  readonly headers: readonly RecordHeader[]
  /** The bytes on the wire, a view of the fetched batch. */
  readonly keyBytes: Buffer | null
  readonly valueBytes: Buffer | null
  /** Epoch of the leader that appended the record; −1 when unknown. */
  readonly leaderEpoch: number
}

/** Records of one partition, in order, as one poll brought them. */
export interface ConsumerBatch<K, V> {
  readonly topic: string
  readonly partition: number
  /** One at least, `max.poll.records` at most. */
  readonly records: readonly ConsumerRecord<K, V>[]
  /** The end of the partition for all its consumers, as of the last fetch. */
  readonly highWatermark: number
}

/** Who a consumer is in its group, for a producer that commits its offsets in a transaction (KIP-447). */
export interface ConsumerGroupMetadata {
  readonly groupId: string
  /** −1 for one that took its partitions by `assign()`. */
  readonly generationId: number
  /** Empty for such a one. */
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/**
 * Awaited inside `poll()`, `unsubscribe()` and `close()`: the next records come when it is done. All may commit, seek and pause. What they
 * throw comes out of that call. `close()` waits for the one that a poll is running, so none should wait for `close()`.
 */
export interface RebalanceListener {
  /** After every rebalance, with the partitions that are new to this member: all of them under an eager protocol, perhaps none. */
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>
  /**
   * Before the partitions go to another member: the last moment to commit. Under an eager protocol all partitions, before the member joins
   * again; under a cooperative one those that move, after it. Not called without partitions.
   */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** The partitions are already another member's. `onRevoked` is called instead when this is absent. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>
}

/** What applications hang into a consumer (KIP-42). One that throws is warned of once and changes nothing. */
export interface ConsumerInterceptor<K, V> {
  /**
   * What `poll()` is about to return, one record at least; returns it, or the records to return in its place. Those left out count as consumed.
   * The next interceptor gets what this one returns.
   */
  onConsume?(records: readonly ConsumerRecord<K, V>[]): readonly ConsumerRecord<K, V>[]
  /** After offsets have been committed, by whatever call or by auto-commit. */
  onCommit?(offsets: readonly OffsetToCommit[]): void
  /** With the consumer, when nothing more is to come. */
  close?(): void
}

export interface ConsumerOptions<K, V> extends Partial<ConsumerConfig>, ClientOptions {
  /** Without it keys are Buffers. */
  readonly key?: Deserializer<K> | AsyncDeserializer<K> | undefined
  /** Without it values are Buffers. */
  readonly value?: Deserializer<V> | AsyncDeserializer<V> | undefined
  /** Instead of `partitionAssignmentStrategy`, by preference: assignors of one's own, and names of those that are built in. */
  readonly assignors?: readonly (AssignorName | Assignor)[] | undefined
  /** Called in this order around `poll()` and after commits. */
  readonly interceptors?: readonly ConsumerInterceptor<K, V>[] | undefined
}

/** What became of a commit; `error` is there when it failed. What it throws comes out of the next `poll()`. */
export type CommitCallback = (offsets: readonly OffsetToCommit[], error?: KafkaError) => void

/**
 * `for await (const record of consumer)` polls until the consumer is closed. In a loop over it, or over `batches()`, what the loop has not
 * reached is not consumed: commits leave it out, it comes again after a `break`, and it does not come once its partition is revoked, paused or
 * sought. Rebalances happen between two turns, each of which counts as a poll for `max.poll.interval.ms`. What the loop was given last is done
 * with when the loop comes back for more: until then auto-commit leaves it out, also when the loop was left by an error or a `break`;
 * `commitSync()` covers it. One loop at a time.
 */
export interface Consumer<K, V> extends AsyncDisposable, AsyncIterable<ConsumerRecord<K, V>> {
  /**
   * Joins the group for these topics, replacing an earlier subscription. The join goes on in the background; the partitions that it brings
   * are taken up inside `poll()`, and those held before are let go of there. Needs `groupId`. A pattern means every topic whose name it
   * matches somewhere, those to come included, which are noticed within `metadata.max.age.ms`; anchor it with ^ and $ to match whole names.
   */
  subscribe(topics: readonly string[] | RegExp, listener?: RebalanceListener): Promise<void>
  /** Gives up topics and partitions and leaves the group. */
  unsubscribe(): Promise<void>
  /** Takes partitions by hand, without group membership, in place of those taken before; what was read of these auto-commit commits. */
  assign(partitions: readonly TopicPartition[]): Promise<void>
  /**
   * Who this consumer is in its group now, for `producer.sendOffsetsToTransaction()`. Throws ConfigError without `groupId`, StateError when it
   * has subscribed and is no member at present.
   */
  groupMetadata(): ConsumerGroupMetadata
  /** The topics subscribed to, those that a pattern matches now included. */
  subscription(): readonly string[]
  assignment(): readonly TopicPartition[]
  /**
   * Up to `max.poll.records` records, as soon as there are any, or none after `timeoutMs` (default 1000). Runs rebalances and
   * auto-commit; must be called at least every `max.poll.interval.ms`. One call at a time. `poll(0)` returns what is there.
   */
  poll(timeoutMs?: number): Promise<ConsumerRecord<K, V>[]>
  /** As `poll()`, again and again until the consumer is closed, a partition at a time. */
  batches(): AsyncIterable<ConsumerBatch<K, V>>
  /** The next `poll()` goes on there. An offset that the log does not have is dealt with as `auto.offset.reset` says. */
  seek(position: SeekPosition): void
  /** Of the partitions given, or all; looked up by the next `poll()` or `position()`. */
  seekToBeginning(partitions?: readonly TopicPartition[]): void
  /** As `seekToBeginning`; under read_committed the last stable offset is the end. */
  seekToEnd(partitions?: readonly TopicPartition[]): void
  /** Offset of the next record that `poll()` will hand over. */
  position(partition: TopicPartition): Promise<number>
  /** What the group has committed; partitions without a commit are left out. */
  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]>
  /**
   * Commits the given offsets, or the position of every assigned partition; retries until done or `default.api.timeout.ms`. Rejects with
   * BrokerError where retrying does not help: REBALANCE_IN_PROGRESS (poll, then commit again), UNKNOWN_MEMBER_ID and ILLEGAL_GENERATION (the
   * partitions are another's), FENCED_INSTANCE_ID (so is the `group.instance.id`), OFFSET_METADATA_TOO_LARGE. Rejects with ConfigError for
   * what is no offset, with StateError (CLOSED) once the consumer is closed.
   */
  commitSync(offsets?: readonly OffsetToCommit[]): Promise<void>
  /** Commits without retrying; a failure rejects. Commits keep their order, and `close()` waits for them. */
  commitAsync(offsets?: readonly OffsetToCommit[]): Promise<void>
  /** The same, with a callback in place of the promise. */
  commitAsync(callback: CommitCallback): void
  commitAsync(offsets: readonly OffsetToCommit[] | undefined, callback: CommitCallback): void
  /** No more records of these partitions until they are resumed; what has been fetched is kept. A pause ends when a partition is revoked. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  paused(): readonly TopicPartition[]
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>
  endOffsets(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>
  /** Per partition the first offset at or after a timestamp (ms); partitions without one are left out. */
  offsetsForTimes(times: readonly (TopicPartition & { readonly timestamp: number })[]): Promise<OffsetAndTimestamp[]>
  partitionsFor(topic: string): Promise<readonly PartitionInfo[]>
  /** Records between position and the end (the last stable offset under read_committed) as of the last fetch; undefined before the first. */
  currentLag(partition: TopicPartition): number | undefined
  /** Ends a waiting `poll()` early, with no records. */
  wakeup(): void
  metrics(): readonly MetricValue[]
  /**
   * Commits when auto-commit is on, has partitions revoked, leaves the group, disconnects. Safe to call again. Default `timeoutMs`: 30000. When
   * a listener takes longer or throws, it rejects, with TimeoutError or that, and all is closed nevertheless.
   */
  close(options?: CloseOptions): Promise<void>
}
