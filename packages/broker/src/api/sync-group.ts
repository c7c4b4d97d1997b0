/** SyncGroup (14). From version 5 on the request names protocol type and protocol, which must be the group's (KIP-559). */

import { ErrorCodes, syncGroup } from '@odradek/protocol'
import { refusedSync } from '../coordinator/group/classic/refusal.ts'
import { coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

export const syncGroupHandler: ApiHandler = handler({
  api: syncGroup,
  versions: [0, 5],
  authorize: [{ operation: 'Read', resource: 'Group', names: (request) => [request.groupId] }],
  refuse: (_request, errorCode) => refusedSync(errorCode),
  handle(request, context) {
    const { groupId, protocolType, protocolName } = request
    if (context.apiVersion >= 5 && (protocolType === null || protocolName === null))
      return refusedSync(ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
    const error = coordinatorError(groupId, context)
    if (groupId !== '' && error !== ErrorCodes.NONE) return refusedSync(error)
    return context.cluster.groups.sync(request)
  },
})
