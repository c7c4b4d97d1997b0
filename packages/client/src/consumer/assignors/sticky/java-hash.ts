/**
 * The order of Java's hash tables. Where Kafka's sticky assignors leave it to chance who goes first, the chance is this order, and members
 * of one group must come to one result whoever leads.
 */

import type { TopicPartition } from '../../../topic-partition.ts'
import { partitionKey } from '../../../topic-partition.ts'

const SMALLEST_TABLE = 16
const FULL_AT = 0.75

/** Keys as `HashMap<String, …>` walks over them after they were put in this order. (With eight in one bucket Java makes a tree of it.) */
export function inHashOrder(keys: readonly string[]): string[] {
  const mask = tableSize(keys.length) - 1
  const placed = keys.map((key) => ({ key, bucket: spread(stringHash(key)) & mask }))
  return placed.sort((left, right) => left.bucket - right.bucket).map(({ key }) => key)
}

/** `HashSet<TopicPartition>`, as far as its first element is concerned. */
export class PlaceSet {
  readonly #places = new Map<string, TopicPartition>()
  /** Tables grow and never shrink. */
  #most = 0

  get size(): number {
    return this.#places.size
  }

  add(place: TopicPartition): void {
    this.#places.set(partitionKey(place.topic, place.partition), place)
    this.#most = Math.max(this.#most, this.#places.size)
  }

  delete({ topic, partition }: TopicPartition): void {
    this.#places.delete(partitionKey(topic, partition))
  }

  first(): TopicPartition | undefined {
    const mask = tableSize(this.#most) - 1
    let best: TopicPartition | undefined
    let bestBucket = Number.POSITIVE_INFINITY
    for (const place of this.#places.values()) {
      const bucket = spread(placeHash(place)) & mask
      if (bucket < bestBucket) [best, bestBucket] = [place, bucket]
    }
    return best
  }
}

function tableSize(count: number): number {
  let size = SMALLEST_TABLE
  while (count > size * FULL_AT) size *= 2
  return size
}

function stringHash(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}

function placeHash({ topic, partition }: TopicPartition): number {
  return (Math.imul(31 + partition, 31) + stringHash(topic)) | 0
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}
