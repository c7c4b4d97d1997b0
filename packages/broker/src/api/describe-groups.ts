/** DescribeGroups (15), for classic groups. From version 6 on a group that does not exist is an error (KIP-1043); before, it is 'Dead'. */

import { describeGroups, type DescribeGroupsResponseDescribedGroupInput, ErrorCodes } from '@odradek/protocol'
import { deadState } from '../coordinator/group/classic/describe.ts'
import type { RequestContext } from './context.ts'
import { codeOf, coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

/** The first version in which a missing group is an error. */
const notFoundVersion = 6

export const describeGroupsHandler: ApiHandler = handler({
  api: describeGroups,
  versions: [0, 6],
  authorize: [{ operation: 'Describe', resource: 'Group', perEntry: true }],
  refuse: (request, errorCode) => ({ groups: request.groups.map((groupId) => failed(groupId, errorCode)) }),
  async handle(request, context) {
    return { groups: await Promise.all(request.groups.map((groupId) => describe(groupId, request.includeAuthorizedOperations, context))) }
  },
})

async function describe(
  groupId: string,
  withOperations: boolean,
  context: RequestContext,
): Promise<DescribeGroupsResponseDescribedGroupInput> {
  if (!context.allows('Describe', 'Group', groupId)) return failed(groupId, ErrorCodes.GROUP_AUTHORIZATION_FAILED)
  const error = coordinatorError(groupId, context)
  if (error !== ErrorCodes.NONE) return failed(groupId, error)
  try {
    const group = (await context.cluster.groups.describe(groupId)) ?? missing(groupId, context.apiVersion)
    if (!withOperations || group.errorCode !== ErrorCodes.NONE) return group
    return { ...group, authorizedOperations: context.authorizedOperations('Group', groupId) }
  } catch (thrown) {
    return failed(groupId, codeOf(thrown))
  }
}

function missing(groupId: string, apiVersion: number): DescribeGroupsResponseDescribedGroupInput {
  const group = { ...failed(groupId, ErrorCodes.NONE), groupState: deadState }
  if (apiVersion < notFoundVersion) return group
  return { ...group, errorCode: ErrorCodes.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} not found.` }
}

function failed(groupId: string, errorCode: number): DescribeGroupsResponseDescribedGroupInput {
  return { groupId, errorCode, groupState: '', protocolType: '', protocolData: '', members: [] }
}
