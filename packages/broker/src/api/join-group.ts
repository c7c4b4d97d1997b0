/** JoinGroup (11). Versions: 1 rebalance timeout, 4 member id required (KIP-394), 5 static members (KIP-345), 9 skipped assignment (KIP-814). */

import { ErrorCodes, joinGroup } from '@odradek/protocol'
import { refusedJoin } from '../coordinator/group/classic/refusal.ts'
import { callerOf, coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

export const joinGroupHandler: ApiHandler = handler({
  api: joinGroup,
  versions: [0, 9],
  authorize: [{ operation: 'Read', resource: 'Group', names: (request) => [request.groupId] }],
  refuse: (request, errorCode) => refusedJoin(request.memberId, errorCode),
  handle(request, context) {
    const error = coordinatorError(request.groupId, context)
    if (request.groupId !== '' && error !== ErrorCodes.NONE) return refusedJoin(request.memberId, error)
    return context.cluster.groups.join(request, callerOf(context))
  },
})
