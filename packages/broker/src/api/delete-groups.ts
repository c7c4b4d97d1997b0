/** DeleteGroups (42): groups without members, with all their offsets. */

import { deleteGroups, type DeleteGroupsResponseDeletableGroupResultInput, ErrorCodes } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import { coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

export const deleteGroupsHandler: ApiHandler = handler({
  api: deleteGroups,
  versions: [0, 2],
  authorize: [{ operation: 'Delete', resource: 'Group', perEntry: true }],
  refuse: (request, errorCode) => ({ throttleTimeMs: 0, results: request.groupsNames.map((groupId) => ({ groupId, errorCode })) }),
  async handle(request, context) {
    const results: DeleteGroupsResponseDeletableGroupResultInput[] = []
    const deletable: string[] = []
    for (const groupId of new Set(request.groupsNames)) {
      const errorCode = refusal(groupId, context)
      if (errorCode === ErrorCodes.NONE) deletable.push(groupId)
      else results.push({ groupId, errorCode })
    }
    return { throttleTimeMs: 0, results: [...(await context.cluster.groups.deleteGroups(deletable)), ...results] }
  },
})

function refusal(groupId: string, context: RequestContext): number {
  if (!context.allows('Delete', 'Group', groupId)) return ErrorCodes.GROUP_AUTHORIZATION_FAILED
  return coordinatorError(groupId, context)
}
