/**
 * Topic by topic: consecutive partitions to each member in turn, the first ones getting one more where it does not divide evenly. Members
 * that say their rack get the partitions with a replica there first (KIP-881), in topics of the same size under the same number.
 */

import type { TopicPartition } from '../../topic-partition.ts'
import type { Assignor, AssignorMember } from './assignor.ts'
import { byMember, byPlace, compare, nobodyHasAny, withoutUserData } from './assignor.ts'
import { racksMatter } from './racks.ts'

type Dealt = Map<string, TopicPartition[]>

export const rangeAssignor: Assignor = {
  protocolName: 'range',
  assign(topics, members) {
    const dealt = nobodyHasAny(members)
    const sorted = [...members].sort(byMember)
    const shares = [...topics.keys()].sort(compare).map((topic) => {
      const takers = sorted.filter((member) => member.topics.includes(topic))
      return new TopicShares(topic, topics.get(topic) ?? [], takers, dealt)
    })
    const minding = shares.some(({ mindsRacks }) => mindsRacks)
    if (minding) for (const each of alike(shares)) dealNearby(each)
    for (const share of shares) share.dealRest(() => true)
    if (minding) for (const list of dealt.values()) list.sort(byPlace)
    return withoutUserData(dealt)
  },
}

/** Topics with the same members and as many partitions: what is joined by key in one place stays in one place. */
function alike(shares: readonly TopicShares[]): readonly (readonly TopicShares[])[] {
  const groups = new Map<string, TopicShares[]>()
  for (const share of shares) {
    const kind = JSON.stringify([share.size, share.takers.map(({ memberId }) => memberId)])
    groups.set(kind, [...(groups.get(kind) ?? []), share])
  }
  return [...groups.values()]
}

function dealNearby(shares: readonly TopicShares[]): void {
  const [first] = shares
  if (first === undefined || !first.hasRacks) return
  if (shares.length === 1) {
    if (first.mindsRacks) first.dealRest((member, partition) => first.isNear(member, partition))
    return
  }
  const waiting = new Set(first.takers)
  for (let partition = 0; partition < first.size && waiting.size > 0; partition++) {
    const taker = [...waiting].find((member) => shares.every((share) => share.isNear(member, partition) && share.room(member) > 0))
    if (taker === undefined) continue
    for (const share of shares) share.give(taker, [partition])
    if (shares.every((share) => share.room(taker) === 0)) waiting.delete(taker)
  }
}

/** How much of one topic each member may take, and what is left of it. */
class TopicShares {
  readonly topic: string
  readonly takers: readonly AssignorMember[]
  readonly mindsRacks: boolean
  readonly hasRacks: boolean
  readonly #racks: readonly (readonly string[])[]
  readonly #dealt: Dealt
  readonly #left: Set<number>
  readonly #taken = new Map<AssignorMember, number>()
  readonly #share: number
  /** Members that may still take one more than `#share`. */
  #extras: number

  constructor(topic: string, racks: readonly (readonly string[])[], takers: readonly AssignorMember[], dealt: Dealt) {
    this.topic = topic
    this.takers = takers
    this.#racks = racks
    this.#dealt = dealt
    this.#left = new Set(racks.keys())
    this.#share = takers.length === 0 ? 0 : Math.floor(racks.length / takers.length)
    this.#extras = takers.length === 0 ? 0 : racks.length % takers.length
    const memberRacks = new Set(takers.flatMap(({ rackId }) => rackId ?? []))
    this.hasRacks = memberRacks.size > 0
    this.mindsRacks = racksMatter(memberRacks, racks)
  }

  get size(): number {
    return this.#racks.length
  }

  /** True for a member that has no rack. */
  isNear({ rackId }: AssignorMember, partition: number): boolean {
    return rackId === null || (this.#racks[partition]?.includes(rackId) ?? false)
  }

  room(member: AssignorMember): number {
    return Math.max(0, this.#share + (this.#extras > 0 ? 1 : 0) - (this.#taken.get(member) ?? 0))
  }

  give(member: AssignorMember, partitions: readonly number[]): void {
    const taken = (this.#taken.get(member) ?? 0) + partitions.length
    this.#taken.set(member, taken)
    if (taken > this.#share) this.#extras--
    for (const partition of partitions) {
      this.#left.delete(partition)
      this.#dealt.get(member.memberId)?.push({ topic: this.topic, partition })
    }
  }

  dealRest(suits: (member: AssignorMember, partition: number) => boolean): void {
    for (const member of this.takers) {
      const partitions = [...this.#left].filter((partition) => suits(member, partition)).slice(0, this.room(member))
      if (partitions.length > 0) this.give(member, partitions)
    }
  }
}
