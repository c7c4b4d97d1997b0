/** The consumer as applications see it. */

import type { RecordHeader } from '@odradek/protocol'
import type { ConsumerConfig } from '../config/consumer.ts'
import type { ClientOptions } from '../config/options.ts'
import type { Assignor } from './assignors/assignor.ts'
import type { AssignorName } from './assignors/built-in.ts'
import type { MetricValue } from '../metrics/registry.ts'
import type { CloseOptions } from '../producer/types.ts'
import type { Deserializer } from '../serde/serde.ts'
import type {
  CommittedOffset,
  OffsetAndTimestamp,
  OffsetToCommit,
  PartitionInfo,
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
  /** Deserialised when first read; throws SerializationError, which names the record, when that fails. */
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

/** Awaited inside `poll()`: the next records come when it is done. All may commit, seek and pause. What they throw comes out of `poll()`. */
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

export interface ConsumerOptions<K, V> extends Partial<ConsumerConfig>, ClientOptions {
  /** Without it keys are Buffers. */
  readonly key?: Deserializer<K> | undefined
  /** Without it values are Buffers. */
  readonly value?: Deserializer<V> | undefined
  /** Instead of `partitionAssignmentStrategy`, by preference: assignors of one's own, and names of those that are built in. */
  readonly assignors?: readonly (AssignorName | Assignor)[] | undefined
}

export interface Consumer<K, V> extends AsyncDisposable, AsyncIterable<ConsumerRecord<K, V>> {
  /** Joins the group for these topics, replacing an earlier list; the group is joined inside `poll()`. Needs `groupId`. */
  subscribe(topics: readonly string[], listener?: RebalanceListener): Promise<void>
  /** Gives up topics and partitions and leaves the group. */
  unsubscribe(): Promise<void>
  /** Takes partitions by hand, without group membership. */
  assign(partitions: readonly TopicPartition[]): Promise<void>
  subscription(): readonly string[]
  assignment(): readonly TopicPartition[]
  /**
   * Up to `max.poll.records` records, as soon as there are any, or none after `timeoutMs` (default 1000). Runs rebalances and
   * auto-commit; must be called at least every `max.poll.interval.ms`. One call at a time.
   */
  poll(timeoutMs?: number): Promise<ConsumerRecord<K, V>[]>
  seek(partition: TopicPartitionOffset): void
  seekToBeginning(partitions?: readonly TopicPartition[]): void
  seekToEnd(partitions?: readonly TopicPartition[]): void
  /** Offset of the next record that `poll()` will hand over. */
  position(partition: TopicPartition): Promise<number>
  /** What the group has committed; partitions without a commit are left out. */
  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]>
  /** Commits the given offsets, or the position of every assigned partition; retries until done or `default.api.timeout.ms`. */
  commitSync(offsets?: readonly OffsetToCommit[]): Promise<void>
  /** Commits without retrying; a failure rejects. Commits keep their order. */
  commitAsync(offsets?: readonly OffsetToCommit[]): Promise<void>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  paused(): readonly TopicPartition[]
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>
  endOffsets(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>
  /** Per partition the first offset at or after a timestamp (ms); partitions without one are left out. */
  offsetsForTimes(times: readonly (TopicPartition & { readonly timestamp: number })[]): Promise<OffsetAndTimestamp[]>
  partitionsFor(topic: string): Promise<readonly PartitionInfo[]>
  /** Records between position and high watermark as of the last fetch; undefined before the first. */
  currentLag(partition: TopicPartition): number | undefined
  /** Ends a waiting `poll()` early, with no records. */
  wakeup(): void
  metrics(): readonly MetricValue[]
  /** Commits when auto-commit is on, leaves the group, disconnects. Safe to call again. Default `timeoutMs`: 30000. */
  close(options?: CloseOptions): Promise<void>
}
