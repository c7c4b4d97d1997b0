/** Kafka's sticky assignors: as even as can be, and of those the assignment in which the fewest partitions move. */

import type { TopicPartition } from '../../../topic-partition.ts'
import { partitionKey } from '../../../topic-partition.ts'
import type { Assignment, Assignor, AssignorMember, AssignorTopics } from '../assignor.ts'
import { withoutUserData } from '../assignor.ts'
import { RackMap } from '../racks.ts'
import { assignBalanced } from './balancing.ts'
import type { Previous } from './claims.ts'
import { Claims, NO_GENERATION } from './claims.ts'
import { assignUniformly } from './uniform.ts'
import { decodeGeneration, decodePrevious, encodeGeneration, encodePrevious } from './user-data.ts'

interface Shared {
  readonly dealt: ReadonlyMap<string, readonly TopicPartition[]>
  /** Partitions that another member holds so far, to their new owners. */
  readonly moving: ReadonlyMap<string, string>
}

/** Everybody gives up everything, and most get back what they had. */
export class StickyAssignor implements Assignor {
  readonly protocolName = 'sticky'
  #previous: Buffer | null = null

  subscriptionUserData(): Buffer | null {
    return this.#previous
  }

  assign(topics: AssignorTopics, members: readonly AssignorMember[]): ReadonlyMap<string, Assignment> {
    return withoutUserData(share(topics, members, ({ userData }) => decodePrevious(userData)).dealt)
  }

  onAssignment({ partitions }: Assignment, generationId: number): void {
    this.#previous = encodePrevious(partitions, generationId)
  }
}

/** A partition that moves is taken from its owner in one rebalance and given to the next in the one after it (KIP-429). */
export class CooperativeStickyAssignor implements Assignor {
  readonly protocolName = 'cooperative-sticky'
  readonly rebalanceProtocols = ['cooperative', 'eager'] as const
  #generationId = NO_GENERATION

  subscriptionUserData(): Buffer {
    return encodeGeneration(this.#generationId)
  }

  assign(topics: AssignorTopics, members: readonly AssignorMember[]): ReadonlyMap<string, Assignment> {
    const { dealt, moving } = share(topics, members, ({ owned, generationId, userData }) => ({
      partitions: owned,
      generationId: generationId >= 0 ? generationId : decodeGeneration(userData),
    }))
    const isFree = ({ topic, partition }: TopicPartition): boolean => !moving.has(partitionKey(topic, partition))
    return withoutUserData(new Map([...dealt].map(([memberId, partitions]) => [memberId, partitions.filter(isFree)])))
  }

  onAssignment(_assignment: Assignment, generationId: number): void {
    this.#generationId = generationId
  }
}

function share(all: AssignorTopics, members: readonly AssignorMember[], previousOf: (member: AssignorMember) => Previous): Shared {
  if (members.length === 0) return { dealt: new Map(), moving: new Map() }
  const wanted = new Set(members.flatMap((member) => member.topics))
  const topics = new Map([...all].filter(([topic]) => wanted.has(topic)))
  const claims = new Claims(topics, members, previousOf)
  const racks = new RackMap(topics, members)
  if (wantTheSame(members)) return assignUniformly(topics, claims, racks)
  const dealt = assignBalanced(topics, claims, racks)
  return { dealt, moving: movesBetween(members, dealt) }
}

function wantTheSame([first, ...others]: readonly AssignorMember[]): boolean {
  const topics = new Set(first?.topics)
  return others.every((member) => member.topics.length === topics.size && member.topics.every((topic) => topics.has(topic)))
}

function movesBetween(
  members: readonly AssignorMember[],
  dealt: ReadonlyMap<string, readonly TopicPartition[]>,
): ReadonlyMap<string, string> {
  const keyOf = ({ topic, partition }: TopicPartition): string => partitionKey(topic, partition)
  const added = new Map<string, string>()
  const revoked = new Set<string>()
  for (const { memberId, owned } of members) {
    const before = new Set(owned.map(keyOf))
    const after = new Set((dealt.get(memberId) ?? []).map(keyOf))
    for (const key of after) if (!before.has(key)) added.set(key, memberId)
    for (const key of before) if (!after.has(key)) revoked.add(key)
  }
  return new Map([...added].filter(([key]) => revoked.has(key)))
}
