/** JoinGroup (11). Versions: 1 rebalance timeout, 4 member id required (KIP-394), 5 static members (KIP-345), 9 skipped assignment (KIP-814). */

import { ErrorCodes, joinGroup, type JoinGroupResponseInput } from '@odradek/protocol'
import { refusedJoin } from '../coordinator/group/classic/refusal.ts'
import { callerOf, coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

/** The first version in which the protocol may be null. */
const nullProtocolVersion = 7

export const joinGroupHandler: ApiHandler = handler({
  api: joinGroup,
  versions: [0, 9],
  authorize: [{ operation: 'Read', resource: 'Group', names: (request) => [request.groupId] }],
  refuse: (request, errorCode, context) => inVersion(refusedJoin(request.memberId, errorCode), context.apiVersion),
  async handle(request, context) {
    const error = coordinatorError(request.groupId, context)
    if (request.groupId !== '' && error !== ErrorCodes.NONE) return inVersion(refusedJoin(request.memberId, error), context.apiVersion)
    return inVersion(await context.cluster.groups.join(request, callerOf(context)), context.apiVersion)
  },
})

function inVersion(response: JoinGroupResponseInput, apiVersion: number): JoinGroupResponseInput {
  return response.protocolName === null && apiVersion < nullProtocolVersion ? { ...response, protocolName: '' } : response
}
