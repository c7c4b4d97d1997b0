/** Which partitions have moved between whom while an assignment was balanced, so that two members do not swap partitions of a topic. */

import type { TopicPartition } from '../../../topic-partition.ts'
import { partitionKey } from '../../../topic-partition.ts'
import { PlaceSet } from './java-hash.ts'

interface Move {
  readonly from: string
  readonly to: string
}

export class Movements {
  /** By partition. */
  readonly #moves = new Map<string, Move>()
  /** By topic and pair of members. */
  readonly #places = new Map<string, PlaceSet>()

  /** The partition to move instead of this one: one of the topic that came the opposite way goes back first. */
  instead(place: TopicPartition, owner: string, to: string): TopicPartition {
    const from = this.#moves.get(partitionKey(place.topic, place.partition))?.from ?? owner
    return this.#places.get(pairKey(place.topic, { from: to, to: from }))?.first() ?? place
  }

  add(place: TopicPartition, from: string, to: string): void {
    const key = partitionKey(place.topic, place.partition)
    const before = this.#moves.get(key)
    if (before !== undefined) {
      this.#moves.delete(key)
      const pair = pairKey(place.topic, before)
      this.#places.get(pair)?.delete(place)
      if (this.#places.get(pair)?.size === 0) this.#places.delete(pair)
      if (before.from === to) return
    }
    const move = { from: before?.from ?? from, to }
    this.#moves.set(key, move)
    const pair = pairKey(place.topic, move)
    const places = this.#places.get(pair) ?? new PlaceSet()
    places.add(place)
    this.#places.set(pair, places)
  }
}

function pairKey(topic: string, { from, to }: Move): string {
  return JSON.stringify([topic, from, to])
}
