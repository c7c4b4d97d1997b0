/** LeaveGroup (13). From version 3 on several members at once, by member id or by instance id (KIP-345). */

import { ErrorCodes, leaveGroup, type LeaveGroupResponseInput } from '@odradek/protocol'
import { coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

/** The first version with a list of members. */
const listVersion = 3

export const leaveGroupHandler: ApiHandler = handler({
  api: leaveGroup,
  versions: [0, 5],
  authorize: [{ operation: 'Read', resource: 'Group', names: (request) => [request.groupId] }],
  refuse: (_request, errorCode) => ({ errorCode }),
  async handle(request, context): Promise<LeaveGroupResponseInput> {
    const { groupId, memberId } = request
    const error = coordinatorError(groupId, context)
    if (groupId !== '' && error !== ErrorCodes.NONE) return { errorCode: error }
    if (context.apiVersion >= listVersion) return context.cluster.groups.leave(groupId, request.members)
    const { errorCode, members } = await context.cluster.groups.leave(groupId, [{ memberId, groupInstanceId: null }])
    return { errorCode: errorCode === ErrorCodes.NONE ? (members?.[0]?.errorCode ?? ErrorCodes.NONE) : errorCode }
  },
})
