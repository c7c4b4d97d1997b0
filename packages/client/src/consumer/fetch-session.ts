/**
 * A fetch session with one broker (KIP-227): the broker remembers the partitions that were asked for, and a request says only what has
 * changed since the one before it. One request at a time.
 */

import type { FetchRequestInput, FetchRequestPartitionInput } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'
import { partitionKey } from '../topic-partition.ts'

/** A partition as a fetch asks for it. */
export interface FetchTarget {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  readonly currentLeaderEpoch: number
  readonly partitionMaxBytes: number
}

type SessionPart = Pick<FetchRequestInput, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>

const NO_SESSION = 0
/** A full fetch that would like to begin a session, in place of the one it names. */
const INITIAL_EPOCH = 0
/** Ends the session. */
const FINAL_EPOCH = -1
const MAX_EPOCH = 0x7fffffff

export class FetchSession {
  #id = NO_SESSION
  #epoch = INITIAL_EPOCH
  /** What the broker remembers, once it has answered. */
  #known = new Map<string, FetchTarget>()
  #usesIds = false

  get isOpen(): boolean {
    return this.#id !== NO_SESSION
  }

  /** The last request named all its partitions. */
  get isFull(): boolean {
    return this.#epoch === INITIAL_EPOCH
  }

  /** What to send for exactly these partitions. `usesIds`: topics go by their ids (version 13 on). */
  next(targets: readonly FetchTarget[], usesIds: boolean): SessionPart {
    // A session knows its topics either by name or by id.
    if (usesIds !== this.#usesIds) this.#startOver()
    this.#usesIds = usesIds
    const before = this.isFull ? new Map<string, FetchTarget>() : this.#known
    const now = new Map<string, FetchTarget>()
    const changed: FetchTarget[] = []
    const gone: FetchTarget[] = []
    for (const target of targets) {
      const key = partitionKey(target.topic, target.partition)
      const old = before.get(key)
      now.set(key, target)
      if (old !== undefined && usesIds && old.topicId !== target.topicId) gone.push(old)
      if (old === undefined || !isSame(old, target)) changed.push(target)
    }
    for (const [key, old] of before) if (!now.has(key)) gone.push(old)
    this.#known = now
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(changed).map(({ topic, topicId, targets: each }) => ({ topic, topicId, partitions: each.map(toPartition) })),
      forgottenTopicsData: byTopic(gone).map(({ topic, topicId, targets: each }) => ({
        topic,
        topicId,
        partitions: each.map(({ partition }) => partition),
      })),
    }
  }

  /** The request was answered without an error of its own. */
  onAnswer(sessionId: number): void {
    if (sessionId === NO_SESSION || (!this.isFull && sessionId !== this.#id)) {
      // The broker keeps none, or has given it up.
      this.#id = NO_SESSION
      this.#epoch = INITIAL_EPOCH
      return
    }
    this.#id = sessionId
    this.#epoch = this.#epoch === MAX_EPOCH ? 1 : this.#epoch + 1
  }

  /** The request was refused as a whole: the next one is full. */
  onError(errorCode: number): void {
    if (errorCode === ErrorCodes.FETCH_SESSION_ID_NOT_FOUND) this.#id = NO_SESSION
    this.#startOver()
  }

  /** Whether the broker has seen the request is not known. */
  onDisconnect(): void {
    this.#startOver()
  }

  /** What tells the broker to forget the session; undefined when there is none. */
  close(): FetchRequestInput | undefined {
    if (!this.isOpen) return undefined
    const sessionId = this.#id
    this.#id = NO_SESSION
    this.#startOver()
    return { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch: FINAL_EPOCH, topics: [], forgottenTopicsData: [] }
  }

  #startOver(): void {
    this.#epoch = INITIAL_EPOCH
  }
}

function isSame(left: FetchTarget, right: FetchTarget): boolean {
  return (
    left.fetchOffset === right.fetchOffset &&
    left.currentLeaderEpoch === right.currentLeaderEpoch &&
    left.partitionMaxBytes === right.partitionMaxBytes &&
    left.topicId === right.topicId
  )
}

function toPartition({ partition, fetchOffset, currentLeaderEpoch, partitionMaxBytes }: FetchTarget): FetchRequestPartitionInput {
  return { partition, fetchOffset, currentLeaderEpoch, partitionMaxBytes }
}

function byTopic(targets: readonly FetchTarget[]): { topic: string; topicId: string; targets: FetchTarget[] }[] {
  const topics = new Map<string, { topic: string; topicId: string; targets: FetchTarget[] }>()
  for (const target of targets) {
    // A topic that was made anew is two topics for a while.
    const key = `${target.topicId} ${target.topic}`
    const group = topics.get(key)
    if (group === undefined) topics.set(key, { topic: target.topic, topicId: target.topicId, targets: [target] })
    else group.targets.push(target)
  }
  return [...topics.values()]
}
