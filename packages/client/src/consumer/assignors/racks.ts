/** Racks in assignments (KIP-881): whether they can make a difference, and who is near a partition. */

import type { TopicPartition } from '../../topic-partition.ts'
import type { AssignorMember, AssignorTopics } from './assignor.ts'

/** False where every partition has a replica in every rack, or no member is in the rack of any replica. */
export function racksMatter(memberRacks: ReadonlySet<string>, partitionRacks: readonly (readonly string[])[]): boolean {
  const all = new Set(partitionRacks.flat())
  if (![...memberRacks].some((rack) => all.has(rack))) return false
  return partitionRacks.some((racks) => new Set(racks).size !== all.size)
}

export class RackMap {
  /** Racks are to be looked at. */
  readonly isInUse: boolean
  readonly #topics: AssignorTopics
  readonly #rackOf: ReadonlyMap<string, string>
  readonly #membersIn = new Map<string, number>()

  constructor(topics: AssignorTopics, members: readonly AssignorMember[]) {
    this.#topics = topics
    this.#rackOf = new Map(members.flatMap(({ memberId, rackId }) => (rackId === null ? [] : [[memberId, rackId]])))
    for (const rack of this.#rackOf.values()) this.#membersIn.set(rack, (this.#membersIn.get(rack) ?? 0) + 1)
    this.isInUse = racksMatter(new Set(this.#rackOf.values()), [...topics.values()].flat())
  }

  /** Whether the member has a rack and the partition no replica in it. */
  isFar(memberId: string, { topic, partition }: TopicPartition): boolean {
    if (!this.isInUse) return false
    const rack = this.#rackOf.get(memberId)
    return rack !== undefined && !this.#racksOf(topic, partition).includes(rack)
  }

  /** Whether the member has a rack and the partition a replica in it. */
  isNear(memberId: string, { topic, partition }: TopicPartition): boolean {
    if (!this.isInUse) return false
    const rack = this.#rackOf.get(memberId)
    return rack !== undefined && this.#racksOf(topic, partition).includes(rack)
  }

  /** How many members are in a rack with a replica. */
  neighbours({ topic, partition }: TopicPartition): number {
    return [...new Set(this.#racksOf(topic, partition))].reduce((sum, rack) => sum + (this.#membersIn.get(rack) ?? 0), 0)
  }

  #racksOf(topic: string, partition: number): readonly string[] {
    return this.#topics.get(topic)?.[partition] ?? []
  }
}
