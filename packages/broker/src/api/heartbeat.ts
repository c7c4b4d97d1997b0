/** Heartbeat (12). */

import { ErrorCodes, heartbeat } from '@odradek/protocol'
import { coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

export const heartbeatHandler: ApiHandler = handler({
  api: heartbeat,
  versions: [0, 4],
  authorize: [{ operation: 'Read', resource: 'Group', names: (request) => [request.groupId] }],
  refuse: (_request, errorCode) => ({ errorCode }),
  async handle(request, context) {
    const error = coordinatorError(request.groupId, context)
    if (request.groupId !== '' && error !== ErrorCodes.NONE) return { errorCode: error }
    return { errorCode: await context.cluster.groups.heartbeat(request) }
  },
})
