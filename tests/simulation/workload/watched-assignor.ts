/** An assignor whose every assignment is looked at: one owner a partition, evenly shared, and under sticky nothing moved that need not move. */

import type { Assignment, Assignor, AssignorMember, AssignorName, AssignorTopics, TopicPartition } from '@odradek/client'
import { createAssignor } from '@odradek/client'
import { placeOf } from '../scenario.ts'
import type { Stage } from '../stage/stage.ts'

const NOTHING: ReadonlySet<string> = new Set()

/** What members of a group were given last, as far as their subscriptions speak of it. */
export class GivenBefore {
  /** By the user data that says so: what it holds. */
  readonly #byUserData = new Map<string, ReadonlySet<string>>()

  note(userData: Buffer | null, partitions: readonly TopicPartition[]): void {
    if (userData !== null) this.#byUserData.set(userData.toString('latin1'), new Set(partitions.map(placeOf)))
  }

  of({ userData, owned }: AssignorMember, isCooperative: boolean): ReadonlySet<string> {
    if (isCooperative) return new Set(owned.map(placeOf))
    return this.#byUserData.get(userData?.toString('latin1') ?? '') ?? NOTHING
  }
}

export function watched(stage: Stage, name: AssignorName, before: GivenBefore): Assignor {
  const assignor = createAssignor(name)
  const isCooperative = name === 'cooperative-sticky'
  return {
    protocolName: assignor.protocolName,
    rebalanceProtocols: assignor.rebalanceProtocols ?? ['eager'],
    subscriptionUserData: (topics) => assignor.subscriptionUserData?.(topics) ?? null,
    assign: (topics, members) => {
      const result = assignor.assign(topics, members)
      const held = new Map(members.map((member) => [member.memberId, before.of(member, isCooperative)]))
      for (const complaint of complaintsAbout(name, topics, members, result, held)) stage.violate('bad assignment', `${name}: ${complaint}`)
      return result
    },
    onAssignment: (assignment, generationId) => {
      assignor.onAssignment?.(assignment, generationId)
      if (name === 'sticky') before.note(assignor.subscriptionUserData?.([]) ?? null, assignment.partitions)
    },
  }
}

function complaintsAbout(
  name: AssignorName,
  topics: AssignorTopics,
  members: readonly AssignorMember[],
  result: ReadonlyMap<string, Assignment>,
  held: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const complaints: string[] = []
  const owners = new Map<string, string>()
  for (const { memberId, topics: wanted } of members) {
    for (const place of result.get(memberId)?.partitions ?? []) {
      const other = owners.get(placeOf(place))
      if (other !== undefined) complaints.push(`${placeOf(place)} went to ${other} and to ${memberId}`)
      if (!wanted.includes(place.topic)) complaints.push(`${placeOf(place)} went to ${memberId}, which does not want it`)
      owners.set(placeOf(place), memberId)
    }
  }
  const isClaimed = (place: string): boolean => [...held.values()].some((places) => places.has(place))
  for (const place of allPlaces(topics, members)) {
    // Under the cooperative protocol what moves is nobody's for one rebalance.
    if (!owners.has(place) && !(name === 'cooperative-sticky' && isClaimed(place))) complaints.push(`${place} went to nobody`)
  }
  if ((name === 'sticky' || name === 'cooperative-sticky') && wantTheSame(members))
    complaints.push(...needlessMoves(allPlaces(topics, members), members, owners, held))
  return complaints
}

/** With shares of `low`, and one more for some, a member can keep that many of what it has, and no more. Disputed claims say nothing. */
function needlessMoves(
  places: readonly string[],
  members: readonly AssignorMember[],
  owners: ReadonlyMap<string, string>,
  held: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const claims = members.map(({ memberId }) => places.filter((place) => held.get(memberId)?.has(place) === true))
  if (new Set(claims.flat()).size !== claims.flat().length) return []
  const low = Math.floor(places.length / members.length)
  const extras = Math.min(places.length % members.length, claims.filter((claim) => claim.length > low).length)
  const keepable = claims.reduce((sum, claim) => sum + Math.min(claim.length, low), extras)
  const kept = members.reduce(
    (sum, { memberId }, index) => sum + (claims[index] ?? []).filter((place) => owners.get(place) === memberId).length,
    0,
  )
  return kept === keepable ? [] : [`${kept} partitions stay where they were, and ${keepable} could`]
}

function allPlaces(topics: AssignorTopics, members: readonly AssignorMember[]): string[] {
  const wanted = [...topics].filter(([topic]) => members.some((member) => member.topics.includes(topic)))
  return wanted.flatMap(([topic, list]) => list.map((_, partition) => placeOf({ topic, partition })))
}

function wantTheSame([first, ...others]: readonly AssignorMember[]): boolean {
  return others.every(({ topics }) => topics.length === first?.topics.length && topics.every((topic) => first.topics.includes(topic)))
}
