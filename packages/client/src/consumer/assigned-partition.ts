/** One partition of this consumer: where it stands, what has been fetched ahead, and which node it is read from. */

import type { TopicPartition } from '../topic-partition.ts'
import type { FetchedPartition } from './fetched-partition.ts'
import type { ResetTo } from './offset-reset.ts'

interface ReadReplica {
  readonly nodeId: number
  readonly untilMs: number
}

export class AssignedPartition<K, V> implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** Offset of the next record to hand over; undefined until it is known. */
  position: number | undefined
  /** Epoch of the record before it; −1 when unknown. */
  positionEpoch = -1
  /** Epoch of the leader under which the position was last known to be in the log (KIP-320); −1 before. */
  validatedEpoch = -1
  /** Asked for by a seek, by an offset out of range, or since nothing is committed. */
  resetTo: ResetTo | undefined
  /** Nothing has been handed over since it was assigned, or since the application sought: records from before are void. */
  isFresh = true
  isPaused = false
  /** Fetched and not handed over, in order: the one being read, and the one after it. */
  readonly chunks: FetchedPartition<K, V>[] = []
  /** Size of the last chunk that came. */
  lastChunkBytes = 0
  /** The last fetch found nothing new. */
  isAtEnd = false
  /** As of the last fetch; −1 before. */
  highWatermark = -1
  lastStableOffset = -1
  /** Monotonic time before which nothing is fetched, after a failure. */
  notBeforeMs = 0
  failures = 0
  /** Where the leader has sent this consumer to read (KIP-392). */
  #readReplica: ReadReplica | undefined

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic
    this.partition = partition
  }

  /** Where the next fetch goes on; undefined until the position is known. */
  get fetchOffset(): number | undefined {
    return this.chunks[this.chunks.length - 1]?.endOffset ?? this.position
  }

  /** Epoch of the record before `fetchOffset`; −1 when unknown. */
  get fetchEpoch(): number {
    return this.chunks[this.chunks.length - 1]?.endEpoch ?? this.positionEpoch
  }

  get bufferedBytes(): number {
    let bytes = 0
    for (const chunk of this.chunks) bytes += chunk.remainingBytes
    return bytes
  }

  /** The end of what this consumer may read, as of the last fetch; −1 before. */
  endOffset(isolationLevel: 'read_uncommitted' | 'read_committed'): number {
    return isolationLevel === 'read_committed' ? this.lastStableOffset : this.highWatermark
  }

  /** What was fetched for another position is dropped. */
  seek(offset: number, leaderEpoch = -1): void {
    this.forgetFetched()
    this.position = offset
    this.positionEpoch = leaderEpoch
    this.validatedEpoch = -1
    this.resetTo = undefined
  }

  reset(to: ResetTo): void {
    this.forgetFetched()
    this.position = undefined
    this.positionEpoch = -1
    this.resetTo = to
  }

  /** To be fetched again, from the position. */
  forgetFetched(): void {
    this.chunks.length = 0
    this.lastChunkBytes = 0
    this.isAtEnd = false
  }

  /** A leader of another epoch may have a log in which the position does not exist. */
  mustValidate(leaderEpoch: number): boolean {
    return leaderEpoch >= 0 && leaderEpoch !== this.validatedEpoch && this.fetchEpoch >= 0
  }

  /** The replica to read from instead of the leader, if there is one. */
  readReplica(nowMs: number): number | undefined {
    if (this.#readReplica !== undefined && this.#readReplica.untilMs <= nowMs) this.#readReplica = undefined
    return this.#readReplica?.nodeId
  }

  preferReplica(nodeId: number, untilMs: number): void {
    this.#readReplica = { nodeId, untilMs }
  }

  preferLeader(): void {
    this.#readReplica = undefined
  }
}
