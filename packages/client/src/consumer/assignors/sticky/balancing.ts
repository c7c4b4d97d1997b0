/**
 * The sticky assignment where members want different topics: everybody keeps what is still theirs, the rest goes to whoever has least, and
 * partitions then move while that makes the numbers more even.
 */

import type { TopicPartition } from '../../../topic-partition.ts'
import { partitionKey } from '../../../topic-partition.ts'
import type { AssignorMember, AssignorTopics } from '../assignor.ts'
import { compare } from '../assignor.ts'
import type { RackMap } from '../racks.ts'
import type { Claims, Holding } from './claims.ts'
import { Movements } from './movements.ts'
import { Ranking } from './ranking.ts'

export function assignBalanced(topics: AssignorTopics, claims: Claims, racks: RackMap): ReadonlyMap<string, TopicPartition[]> {
  const balancing = new Balancing(topics, claims, racks)
  balancing.run()
  return balancing.dealt()
}

class Balancing {
  readonly #topics: AssignorTopics
  readonly #racks: RackMap
  readonly #members: readonly AssignorMember[]
  readonly #earlier: ReadonlyMap<string, string>
  readonly #takersOf: ReadonlyMap<string, readonly string[]>
  readonly #wantedBy: ReadonlyMap<string, ReadonlySet<string>>
  /** Those whose partitions cannot change are taken out while the rest is balanced. */
  #held: Map<string, Holding>
  readonly #owners = new Map<string, string>()
  readonly #movements = new Movements()
  readonly #ranking: Ranking
  /** A member has a partition that it may not keep. */
  #hasRevoked = false

  constructor(topics: AssignorTopics, claims: Claims, racks: RackMap) {
    this.#topics = topics
    this.#racks = racks
    this.#members = claims.members
    this.#earlier = claims.earlierOwners()
    this.#wantedBy = new Map(claims.members.map((member) => [member.memberId, new Set(member.topics.filter((topic) => topics.has(topic)))]))
    this.#takersOf = new Map(
      [...topics.keys()].map((topic) => [
        topic,
        claims.members.flatMap((member) => (this.#wants(member.memberId, topic) ? member.memberId : [])),
      ]),
    )
    this.#held = new Map([...claims.held].map(([memberId, holding]) => [memberId, new Map(holding)]))
    this.#dropInvalid()
    this.#ranking = new Ranking(this.#held.keys(), (memberId) => this.#sizeOf(memberId))
  }

  run(): void {
    const isFresh = this.#ranking.largest === 0
    const all = this.#places()
    const unassigned = all.filter((place) => !this.#owners.has(keyOf(place)))
    let rest = unassigned
    if (this.#racks.isInUse) rest = rest.filter((place) => !this.#assign(place, (memberId) => !this.#racks.isFar(memberId, place)))
    for (const place of rest) this.#assign(place, () => true)
    const fixed = this.#takeOutFixed()
    const before = copyOf(this.#held)
    const isContested = ({ topic }: TopicPartition): boolean => (this.#takersOf.get(topic)?.length ?? 0) >= 2
    // With nobody forced to give up anything, what is new moves first.
    if (!this.#hasRevoked) this.#even(unassigned.filter(isContested))
    const hasMoved = this.#even(all.filter(isContested))
    if (!isFresh && hasMoved && unevenness(this.#held) >= unevenness(before)) this.#held = before
    for (const [memberId, holding] of fixed) this.#held.set(memberId, holding)
  }

  dealt(): Map<string, TopicPartition[]> {
    return new Map(this.#members.map(({ memberId }) => [memberId, [...(this.#held.get(memberId)?.values() ?? [])]]))
  }

  /** Gives up what a member no longer wants, or should not have for its rack. */
  #dropInvalid(): void {
    for (const [memberId, holding] of this.#held) {
      for (const [key, place] of holding) {
        if (this.#wants(memberId, place.topic) && !this.#racks.isFar(memberId, place)) {
          this.#owners.set(key, memberId)
        } else {
          holding.delete(key)
          this.#hasRevoked = true
        }
      }
    }
  }

  /** Topics with the fewest takers first. */
  #places(): TopicPartition[] {
    const takers = (topic: string): number => this.#takersOf.get(topic)?.length ?? 0
    const sorted = [...this.#topics.keys()].sort((left, right) => takers(left) - takers(right) || compare(left, right))
    return sorted.flatMap((topic) => [...(this.#topics.get(topic) ?? []).keys()].map((partition) => ({ topic, partition })))
  }

  #assign(place: TopicPartition, suits: (memberId: string) => boolean): boolean {
    const memberId = this.#ranking.ascending.find((each) => this.#wants(each, place.topic) && suits(each))
    if (memberId === undefined) return false
    this.#ranking.delete(memberId)
    this.#held.get(memberId)?.set(keyOf(place), place)
    this.#owners.set(keyOf(place), memberId)
    this.#ranking.add(memberId)
    return true
  }

  #takeOutFixed(): Map<string, Holding> {
    const fixed = new Map<string, Holding>()
    for (const [memberId, holding] of this.#held) {
      const isOpen =
        holding.size < this.#mostFor(memberId) || [...holding.values()].some(({ topic }) => (this.#takersOf.get(topic)?.length ?? 0) >= 2)
      if (isOpen) continue
      this.#ranking.delete(memberId)
      fixed.set(memberId, holding)
    }
    for (const memberId of fixed.keys()) this.#held.delete(memberId)
    return fixed
  }

  /** Moves partitions until no move makes the numbers more even. */
  #even(places: readonly TopicPartition[]): boolean {
    let hasMoved = false
    for (let isChanging = true; isChanging; ) {
      isChanging = false
      for (const place of places) {
        if (this.#isBalanced()) break
        if (this.#improve(place)) [isChanging, hasMoved] = [true, true]
      }
    }
    return hasMoved
  }

  #improve(place: TopicPartition): boolean {
    const owner = this.#owners.get(keyOf(place))
    if (owner === undefined) return false
    const hasTooMany = (other: string): boolean => this.#held.has(other) && this.#sizeOf(owner) > this.#sizeOf(other) + 1
    const earlier = this.#earlier.get(keyOf(place))
    if (earlier !== undefined && this.#wants(earlier, place.topic) && hasTooMany(earlier)) {
      this.#move(place, owner, earlier)
      return true
    }
    const takers = this.#takersOf.get(place.topic) ?? []
    if (!takers.some(hasTooMany)) return false
    const taker = this.#ranking.ascending.find((memberId) => this.#wants(memberId, place.topic))
    if (taker !== undefined) this.#move(place, owner, taker)
    return taker !== undefined
  }

  #move(place: TopicPartition, owner: string, to: string): void {
    const moved = this.#movements.instead(place, owner, to)
    const key = keyOf(moved)
    const from = this.#owners.get(key) ?? owner
    this.#ranking.delete(from)
    this.#ranking.delete(to)
    this.#movements.add(moved, from, to)
    this.#held.get(from)?.delete(key)
    this.#held.get(to)?.set(key, moved)
    this.#owners.set(key, to)
    this.#ranking.add(to)
    this.#ranking.add(from)
  }

  /** Nobody could take a partition from somebody who has at least two more. */
  #isBalanced(): boolean {
    if (this.#ranking.isLevel) return true
    for (const memberId of this.#ranking.ascending) {
      const size = this.#sizeOf(memberId)
      if (size === this.#mostFor(memberId)) continue
      for (const topic of this.#wantedBy.get(memberId) ?? []) {
        for (const partition of (this.#topics.get(topic) ?? []).keys()) {
          const owner = this.#owners.get(partitionKey(topic, partition))
          if (owner !== undefined && owner !== memberId && size + 1 < this.#sizeOf(owner)) return false
        }
      }
    }
    return true
  }

  #mostFor(memberId: string): number {
    let most = 0
    for (const topic of this.#wantedBy.get(memberId) ?? []) most += this.#topics.get(topic)?.length ?? 0
    return most
  }

  #wants(memberId: string, topic: string): boolean {
    return this.#wantedBy.get(memberId)?.has(topic) === true
  }

  #sizeOf(memberId: string): number {
    return this.#held.get(memberId)?.size ?? 0
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition)
}

function copyOf(held: ReadonlyMap<string, Holding>): Map<string, Holding> {
  return new Map([...held].map(([memberId, holding]) => [memberId, new Map(holding)]))
}

/** The sum of the differences between all pairs: 0 when all have the same number. */
function unevenness(held: ReadonlyMap<string, Holding>): number {
  const sizes = [...held.values()].map(({ size }) => size).sort((left, right) => left - right)
  // In ascending order, each size is added once for every smaller one and subtracted once for every larger one.
  return sizes.reduce((sum, size, index) => sum + size * (2 * index - sizes.length + 1), 0)
}
