/** A classic group as DescribeGroups and ListGroups show it. */

import { type DescribeGroupsResponseDescribedGroupInput, ErrorCodes } from '@odradek/protocol'
import { type ClassicGroup, metadataOf, noAssignment } from './classic-group.ts'

export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  readonly groupState: string
  readonly groupType: string
}

/** What DescribeGroups says of a group that does not exist. */
export const deadState = 'Dead'

/** Protocol and metadata are told only while they hold: in Stable. */
export function describeGroup(group: ClassicGroup): DescribeGroupsResponseDescribedGroupInput {
  const isStable = group.state === 'Stable'
  return {
    errorCode: ErrorCodes.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : noAssignment,
      memberAssignment: member.assignment,
    })),
  }
}

export function listGroup(group: ClassicGroup): ListedGroup {
  return { groupId: group.groupId, protocolType: group.protocolType ?? '', groupState: group.state, groupType: 'classic' }
}
