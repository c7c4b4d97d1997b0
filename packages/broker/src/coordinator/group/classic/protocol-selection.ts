/** Which protocol a generation uses: one that every member supports, by vote. */

import type { ClassicGroup, MemberProtocol } from './classic-group.ts'

/** Names that every member supports. */
function commonProtocols(group: ClassicGroup): Set<string> {
  const counts = new Map<string, number>()
  for (const member of group.members.values()) {
    for (const { name } of member.protocols) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const common = new Set<string>()
  for (const [name, count] of counts) if (count === group.members.size) common.add(name)
  return common
}

function isCommon(group: ClassicGroup, name: string): boolean {
  for (const member of group.members.values()) if (!member.protocols.some((protocol) => protocol.name === name)) return false
  return true
}

/** Each member votes for the first common protocol on its list; null when the group has no member or no common protocol. */
export function selectProtocol(group: ClassicGroup): string | null {
  const candidates = commonProtocols(group)
  const votes = new Map<string, number>()
  for (const member of group.members.values()) {
    const vote = member.protocols.find((protocol) => candidates.has(protocol.name))
    if (vote !== undefined) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
  }
  let winner: string | null = null
  for (const [name, count] of votes) if (winner === null || count > (votes.get(winner) ?? 0)) winner = name
  return winner
}

/**
 * Whether someone with these protocols may join: an empty group takes any, others need a protocol in common with all members. While a
 * group waits for those that were given an id and have not come yet, it may have no member.
 */
export function supportsProtocols(group: ClassicGroup, protocolType: string, protocols: readonly MemberProtocol[]): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0
  if (group.protocolType !== protocolType) return false
  return protocols.some(({ name }) => isCommon(group, name))
}
