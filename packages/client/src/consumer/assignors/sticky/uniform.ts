/** The sticky assignment where all members want the same topics: everybody keeps what fits into a fair share, the rest is dealt in turn. */

import type { TopicPartition } from '../../../topic-partition.ts'
import { partitionKey } from '../../../topic-partition.ts'
import type { AssignorTopics } from '../assignor.ts'
import { compare } from '../assignor.ts'
import type { RackMap } from '../racks.ts'
import type { Claims } from './claims.ts'

export interface UniformAssignment {
  readonly dealt: ReadonlyMap<string, TopicPartition[]>
  /** Partitions that another member has to give up first, to their new owners. */
  readonly moving: ReadonlyMap<string, string>
}

export function assignUniformly(topics: AssignorTopics, claims: Claims, racks: RackMap): UniformAssignment {
  const dealing = new Dealing(topics, claims, racks)
  dealing.keep()
  dealing.deal()
  return dealing
}

class Dealing implements UniformAssignment {
  readonly dealt: ReadonlyMap<string, TopicPartition[]>
  readonly moving = new Map<string, string>()
  readonly #topics: AssignorTopics
  readonly #claims: Claims
  readonly #racks: RackMap
  readonly #kept = new Set<string>()
  /** Former owners of partitions that they could not keep. */
  readonly #given = new Map<string, string>()
  readonly #share: number
  /** How many members get one more than `#share`, and how many have it. */
  readonly #extras: number
  #extrasDealt = 0
  /** Members below their share, and members that have it and may get one more. */
  #needy: string[] = []
  #content: string[] = []

  constructor(topics: AssignorTopics, claims: Claims, racks: RackMap) {
    this.#topics = topics
    this.#claims = claims
    this.#racks = racks
    this.dealt = new Map(claims.members.map(({ memberId }) => [memberId, []]))
    const total = [...topics.values()].reduce((sum, partitions) => sum + partitions.length, 0)
    this.#share = Math.floor(total / claims.members.length)
    this.#extras = total % claims.members.length
  }

  keep(): void {
    for (const [memberId, holding] of this.#claims.held) {
      const near: TopicPartition[] = []
      for (const [key, place] of holding) {
        if (this.#racks.isFar(memberId, place)) this.#given.set(key, memberId)
        else if (!this.#claims.disputed.has(key)) near.push(place)
      }
      near.sort((left, right) => left.partition - right.partition || compare(left.topic, right.topic))
      const room = this.#roomFor(memberId, near.length)
      for (const [index, place] of near.entries()) {
        const key = partitionKey(place.topic, place.partition)
        if (index < room) {
          this.dealt.get(memberId)?.push(place)
          this.#kept.add(key)
        } else {
          this.#given.set(key, memberId)
        }
      }
    }
  }

  deal(): void {
    this.#needy.sort(compare)
    this.#content.sort(compare)
    const rest = this.#unassigned().sort((left, right) => this.#racks.neighbours(left) - this.#racks.neighbours(right))
    this.#dealInTurn(this.#racks.isInUse ? this.#dealNearby(rest) : rest)
  }

  /** How many of its partitions a member keeps; files it under those that may get more. */
  #roomFor(memberId: string, owned: number): number {
    if (owned < this.#share) {
      this.#needy.push(memberId)
      return owned
    }
    if (owned > this.#share && this.#extrasDealt < this.#extras) {
      this.#extraDealt()
      return this.#share + 1
    }
    if (this.#extrasDealt < this.#extras) this.#content.push(memberId)
    return this.#share
  }

  #extraDealt(): void {
    if (++this.#extrasDealt === this.#extras) this.#content = []
  }

  #unassigned(): TopicPartition[] {
    return [...this.#topics.keys()]
      .sort(compare)
      .flatMap((topic) =>
        [...(this.#topics.get(topic) ?? []).keys()].flatMap((partition) =>
          this.#kept.has(partitionKey(topic, partition)) ? [] : [{ topic, partition }],
        ),
      )
  }

  /** To members in the rack of a replica, while they have room; returns what is left. */
  #dealNearby(rest: readonly TopicPartition[]): TopicPartition[] {
    let next = 0
    return rest.filter((place) => {
      const needy = this.#nearest(place, this.#needy, next)
      if (needy >= 0) {
        next = this.#feed(needy, place)
        return false
      }
      const content = this.#nearest(place, this.#content, 0)
      const memberId = this.#content[content]
      if (memberId === undefined) return true
      this.#content.splice(content, 1)
      this.#extraDealt()
      this.#give(place, memberId)
      return false
    })
  }

  /** Gives to the needy member at this place in the line; returns the place of who is next. */
  #feed(index: number, place: TopicPartition): number {
    const memberId = this.#needy[index] ?? ''
    const count = (this.dealt.get(memberId)?.length ?? 0) + 1
    let next = index
    if (count >= this.#share) {
      this.#needy.splice(index, 1)
      if (this.#extrasDealt < this.#extras) this.#content.push(memberId)
    } else {
      next++
    }
    this.#give(place, memberId)
    return this.#needy.length === 0 ? 0 : next % this.#needy.length
  }

  #nearest(place: TopicPartition, line: readonly string[], from: number): number {
    for (let step = 0; step < line.length; step++) {
      const index = (from + step) % line.length
      if (this.#racks.isNear(line[index] ?? '', place)) return index
    }
    return -1
  }

  #dealInTurn(rest: readonly TopicPartition[]): void {
    let next = 0
    for (const place of rest) {
      if (this.#needy.length === 0) {
        this.#give(place, this.#content.shift() ?? '')
        continue
      }
      if (next >= this.#needy.length) next = 0
      const memberId = this.#needy[next] ?? ''
      if (this.#give(place, memberId) === this.#share) {
        this.#needy.splice(next, 1)
        this.#content.push(memberId)
      } else {
        next++
      }
    }
  }

  /** Returns how many the member has then. */
  #give(place: TopicPartition, memberId: string): number {
    const key = partitionKey(place.topic, place.partition)
    const former = this.#given.get(key)
    if ((former !== undefined && former !== memberId) || this.#claims.disputed.has(key)) this.moving.set(key, memberId)
    const list = this.dealt.get(memberId)
    if (list === undefined) throw new RangeError(`Nobody is left to take ${place.topic}-${place.partition}`)
    return list.push(place)
  }
}
