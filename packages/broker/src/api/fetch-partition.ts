/** One partition of a fetch: which one it is, and what it has for the fetcher now. */

import type { FetchRequestPartition } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'
import type { Topic } from '../metadata/topic.ts'
import type { Partition } from '../partition/partition.ts'
import type { IsolationLevel } from '../partition/types.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { RequestContext } from './context.ts'
import type { FetchEntry, PartitionData } from './fetch-session.ts'
import { findLedPartition, openPartition } from './partition-lookup.ts'

export interface FetchTarget {
  readonly entry: FetchEntry
  readonly topic: Topic | undefined
  /** As it was when the fetch began. */
  readonly wanted: FetchRequestPartition
  readonly errorCode: number
  /** There is nothing to read, as metadata or permissions say: unlike an error of reading this does not end the wait of the others. */
  readonly isRefused: boolean
  /** Undefined when there is an error. */
  readonly partition: Partition | undefined
  /** The one that the fetch began in. */
  readonly leaderEpoch: number
}

/** Comes at once unless the log has to be opened first. */
export function resolveTarget(entry: FetchEntry, byId: boolean, context: RequestContext): FetchTarget | Promise<FetchTarget> {
  const { cluster } = context
  const { wanted } = entry
  const { partition } = wanted
  if (byId && entry.name === '') entry.name = cluster.topics.byId(entry.topicId)?.name ?? ''
  if (byId && entry.name === '') return refused(entry, undefined, ErrorCodes.UNKNOWN_TOPIC_ID)
  if (!context.allows('Read', 'Topic', entry.name)) return refused(entry, undefined, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  const topic = cluster.topics.get(entry.name)
  if (topic?.partitions[partition] === undefined) return refused(entry, topic, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  // The session's topic has been deleted, and another one has its name.
  if (byId && topic.id !== entry.topicId) return failed(entry, topic, ErrorCodes.INCONSISTENT_TOPIC_ID)
  const led = findLedPartition(topic, partition, wanted.currentLeaderEpoch, context)
  if (led.found === undefined) return failed(entry, topic, led.errorCode)
  const { leaderEpoch } = led.found.state
  const found = (opened: Partition): FetchTarget => ({
    entry,
    topic,
    wanted,
    errorCode: ErrorCodes.NONE,
    isRefused: false,
    partition: opened,
    leaderEpoch,
  })
  const open = cluster.partitions.opened(topic.name, partition)
  if (open !== undefined) return found(open)
  return openPartition(topic, partition, context).then((opened) =>
    opened.found === undefined ? failed(entry, topic, opened.errorCode) : found(opened.found),
  )
}

function failed(entry: FetchEntry, topic: Topic | undefined, errorCode: number): FetchTarget {
  return { entry, topic, wanted: entry.wanted, errorCode, isRefused: false, partition: undefined, leaderEpoch: -1 }
}

function refused(entry: FetchEntry, topic: Topic | undefined, errorCode: number): FetchTarget {
  return { ...failed(entry, topic, errorCode), isRefused: true }
}

/** Whether leadership of the partition has moved since the fetch began. */
export function hasMoved({ partition, leaderEpoch }: FetchTarget): boolean {
  return partition !== undefined && partition.leaderEpoch !== leaderEpoch
}

/** What a fetch is told that leadership has moved under. */
function movedError({ topic, wanted }: FetchTarget, context: RequestContext): number {
  const current = topic && context.cluster.topics.byId(topic.id)
  if (current === undefined) return ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
  const led = findLedPartition(current, wanted.partition, wanted.currentLeaderEpoch, context)
  // It may have moved here and back again: the client has to look once more all the same.
  return led.found === undefined ? led.errorCode : ErrorCodes.NOT_LEADER_OR_FOLLOWER
}

export function failedPartition(partitionIndex: number, errorCode: number): PartitionData {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    // Null would mean nothing else, but librdkafka expects records.
    records: [],
    sizeBytes: 0,
  }
}

/** What the partition has, up to `maxBytes`; the first batch whatever its size when `minOneBatch`. Comes at once where nothing is read. */
export function readTarget(
  target: FetchTarget,
  isolation: IsolationLevel,
  maxBytes: number,
  minOneBatch: boolean,
  context: RequestContext,
): PartitionData | Promise<PartitionData> {
  const { partition, wanted } = target
  if (partition === undefined) return failedPartition(wanted.partition, target.errorCode)
  if (hasMoved(target)) return failedPartition(wanted.partition, movedError(target, context))
  const diverging = divergence(partition, wanted)
  if (diverging === 'unknown') return failedPartition(wanted.partition, ErrorCodes.OFFSET_OUT_OF_RANGE)
  if (diverging !== undefined) return { ...withoutRecords(partition, wanted.partition, 'read_uncommitted'), divergingEpoch: diverging }
  if (hasNothingNew(partition, wanted.fetchOffset, isolation)) return withoutRecords(partition, wanted.partition, isolation)
  return read(partition, wanted, isolation, maxBytes, minOneBatch)
}

async function read(
  partition: Partition,
  wanted: FetchRequestPartition,
  isolation: IsolationLevel,
  maxBytes: number,
  minOneBatch: boolean,
): Promise<PartitionData> {
  try {
    const { errorCode, records, sizeBytes, highWatermark, lastStableOffset, logStartOffset, abortedTransactions } = await partition.read({
      offset: wanted.fetchOffset,
      maxBytes: Math.max(0, Math.min(wanted.partitionMaxBytes, maxBytes)),
      isolation,
      minOneBatch,
    })
    if (errorCode !== ErrorCodes.NONE) return failedPartition(wanted.partition, errorCode)
    const partitionIndex = wanted.partition
    return { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, abortedTransactions, records, sizeBytes }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return failedPartition(wanted.partition, error.errorCode)
  }
}

/** A fetcher at the end is by far the most common one: it costs no read. */
function hasNothingNew(partition: Partition, offset: number, isolation: IsolationLevel): boolean {
  return offset === readableEnd(partition, isolation) && offset >= partition.logStartOffset
}

/** The offset up to which a fetcher may read, itself excluded. */
export function readableEnd(partition: Partition, isolation: IsolationLevel): number {
  return isolation === 'read_committed' ? partition.lastStableOffset : partition.highWatermark
}

function withoutRecords(partition: Partition, partitionIndex: number, isolation: IsolationLevel): PartitionData {
  return {
    partitionIndex,
    errorCode: ErrorCodes.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    abortedTransactions: isolation === 'read_committed' ? [] : null,
    records: [],
    sizeBytes: 0,
  }
}

/** KIP-320: whether the fetcher's history is this log's, and where they part; undefined when it is, or when the fetcher does not say. */
function divergence(partition: Partition, wanted: FetchRequestPartition): 'unknown' | { epoch: number; endOffset: number } | undefined {
  if (wanted.lastFetchedEpoch < 0) return undefined
  const { leaderEpoch, endOffset } = partition.endOffsetForEpoch(wanted.lastFetchedEpoch)
  if (leaderEpoch < 0 || endOffset < 0) return 'unknown'
  if (leaderEpoch === wanted.lastFetchedEpoch && endOffset >= wanted.fetchOffset) return undefined
  return { epoch: leaderEpoch, endOffset }
}
