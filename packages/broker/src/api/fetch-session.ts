/** What a fetcher fetches, and what it was last told of it: the memory that a fetch session spares the fetcher from repeating. Source: KIP-227. */

import type { FetchRequest, FetchRequestPartition, FetchResponsePartitionDataInput } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'

/** The epoch of a full fetch that wants no session. */
export const finalEpoch = -1
/** The epoch of a full fetch that would like to begin a session. */
export const initialEpoch = 0
const epochMax = 2_147_483_647
const notTold = -1

/** The epoch of the request after this one; it wraps to 1, as 0 would begin a session. */
export function nextEpoch(epoch: number): number {
  if (epoch < 0) return finalEpoch
  return epoch === epochMax ? 1 : epoch + 1
}

/** What a fetcher is told of a partition. `sizeBytes` is not part of the answer: it is what counts towards the fetch's limits. */
export type PartitionData = FetchResponsePartitionDataInput & { readonly sizeBytes: number }

/** One partition of a fetch. */
export class FetchEntry {
  /** Its place among the partitions of a request or session. */
  readonly key: string
  /** The zero id before version 13. */
  readonly topicId: string
  /** Empty while the topic id is of no topic. A session keeps the name that it has once found. */
  name: string
  wanted: FetchRequestPartition
  #toldHighWatermark = notTold
  #toldLogStartOffset = notTold

  constructor(key: string, topicId: string, name: string, wanted: FetchRequestPartition) {
    this.key = key
    this.topicId = topicId
    this.name = name
    this.wanted = wanted
  }

  /** Notes what a full answer has told. */
  told(data: PartitionData): void {
    this.#toldHighWatermark = data.highWatermark
    this.#toldLogStartOffset = data.logStartOffset ?? notTold
  }

  /** Whether an incremental answer must have the partition: with records, an error, or anything that the fetcher does not know yet. */
  tell(data: PartitionData): boolean {
    const logStartOffset = data.logStartOffset ?? notTold
    const isError = data.errorCode !== ErrorCodes.NONE
    const isNews = this.#toldHighWatermark !== data.highWatermark || this.#toldLogStartOffset !== logStartOffset
    // After an error the partition is told of once more when it is well again.
    this.#toldHighWatermark = isError ? notTold : data.highWatermark
    this.#toldLogStartOffset = logStartOffset
    return isNews || isError || data.sizeBytes > 0 || data.divergingEpoch !== undefined
  }
}

export type FetchEntries = Map<string, FetchEntry>

/** The partitions of a request, in its order; a partition that is named twice counts once, as it was named last. */
export function entriesOf(topics: FetchRequest['topics'], byId: boolean, nameOf: (topicId: string) => string): FetchEntries {
  const entries: FetchEntries = new Map()
  for (const { topic, topicId, partitions } of topics) {
    const name = byId ? nameOf(topicId) : topic
    for (const wanted of partitions) {
      const key = entryKey(byId ? topicId : topic, wanted.partition)
      const entry = entries.get(key)
      if (entry === undefined) entries.set(key, new FetchEntry(key, topicId, name, wanted))
      else entry.wanted = wanted
    }
  }
  return entries
}

export function entryKey(topic: string, partition: number): string {
  return `${partition} ${topic}`
}

export class FetchSession {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly createdMs: number
  readonly entries: FetchEntries
  lastUsedMs: number
  /** The epoch that the next request has to have. */
  epoch: number = nextEpoch(initialEpoch)

  constructor(id: number, usesTopicIds: boolean, entries: FetchEntries, nowMs: number) {
    this.id = id
    this.usesTopicIds = usesTopicIds
    this.entries = entries
    this.createdMs = nowMs
    this.lastUsedMs = nowMs
  }

  /** Takes in what an incremental request adds, changes and forgets. */
  update(request: FetchRequest, nameOf: (topicId: string) => string): void {
    for (const { topic, topicId, partitions } of request.topics) {
      for (const wanted of partitions) {
        const key = entryKey(this.usesTopicIds ? topicId : topic, wanted.partition)
        const entry = this.entries.get(key)
        if (entry !== undefined) entry.wanted = wanted
        else this.entries.set(key, new FetchEntry(key, topicId, this.usesTopicIds ? nameOf(topicId) : topic, wanted))
      }
    }
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) this.entries.delete(entryKey(this.usesTopicIds ? topicId : topic, partition))
    }
  }

  /** Whether this answer is to be told. A partition that has had its turn goes behind all others. */
  tell(entry: FetchEntry, data: PartitionData): boolean {
    if (data.sizeBytes > 0 && this.entries.delete(entry.key)) this.entries.set(entry.key, entry)
    return entry.tell(data)
  }
}
