/** What members say they had, made consistent: of two who claim the same partition, the one of the later generation is right. */

import type { TopicPartition } from '../../../topic-partition.ts'
import { partitionKey } from '../../../topic-partition.ts'
import type { AssignorMember, AssignorTopics } from '../assignor.ts'
import { inHashOrder } from './java-hash.ts'

export const NO_GENERATION = -1

export interface Previous {
  readonly partitions: readonly TopicPartition[]
  /** Undefined when the member does not say. */
  readonly generationId: number | undefined
}

/** Partitions by `partitionKey`. */
export type Holding = Map<string, TopicPartition>

export class Claims {
  /** In the order in which Java looks at them. */
  readonly members: readonly AssignorMember[]
  readonly held: ReadonlyMap<string, Holding>
  /** Partitions that two members of one generation claim: nobody is believed. */
  readonly disputed: ReadonlySet<string>
  readonly #previous: ReadonlyMap<string, Previous>
  readonly #maxGeneration: number

  constructor(topics: AssignorTopics, members: readonly AssignorMember[], previousOf: (member: AssignorMember) => Previous) {
    const byId = new Map(members.map((member) => [member.memberId, member]))
    this.members = inHashOrder([...byId.keys()]).flatMap((memberId) => byId.get(memberId) ?? [])
    this.#previous = new Map(this.members.map((member) => [member.memberId, previousOf(member)]))
    this.#maxGeneration = Math.max(NO_GENERATION, ...[...this.#previous.values()].map(generationOf))
    this.held = new Map(this.members.map(({ memberId }) => [memberId, new Map()]))
    const disputed = new Set<string>()
    this.disputed = disputed
    const owners = new Map<string, AssignorMember>()
    for (const member of this.members) {
      const previous = this.#previous.get(member.memberId)
      for (const place of previous?.partitions ?? []) {
        if (place.partition < (topics.get(place.topic)?.length ?? 0)) this.#claim(place, member, generationOf(previous), owners, disputed)
      }
    }
  }

  /** For partitions that moved before the latest generation: who had them then. */
  earlierOwners(): ReadonlyMap<string, string> {
    const latest = new Map<string, { readonly memberId: string; readonly generationId: number }>()
    for (const [memberId, previous] of this.#previous) {
      const generationId = generationOf(previous)
      if (generationId >= this.#maxGeneration) continue
      for (const { topic, partition } of previous.partitions) {
        const key = partitionKey(topic, partition)
        const known = latest.get(key)
        if (known === undefined || generationId > known.generationId) latest.set(key, { memberId, generationId })
      }
    }
    return new Map([...latest].map(([key, { memberId }]) => [key, memberId]))
  }

  #claim(
    place: TopicPartition,
    member: AssignorMember,
    generationId: number,
    owners: Map<string, AssignorMember>,
    disputed: Set<string>,
  ): void {
    const key = partitionKey(place.topic, place.partition)
    const other = owners.get(key)
    // As in Java, the other's generation is the one in its subscription, even where this one's is in its user data.
    if (other !== undefined && generationId < other.generationId) return
    if (other !== undefined) this.held.get(other.memberId)?.delete(key)
    owners.set(key, member)
    if (other !== undefined && generationId === other.generationId) disputed.add(key)
    else this.held.get(member.memberId)?.set(key, place)
  }
}

function generationOf(previous: Previous | undefined): number {
  return previous?.generationId ?? NO_GENERATION
}
