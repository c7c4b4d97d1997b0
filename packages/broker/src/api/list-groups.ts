/** ListGroups (16): the groups whose partitions this node leads, filtered by state (version 4, KIP-518) and type (version 5, KIP-848). */

import { ErrorCodes, listGroups } from '@odradek/protocol'
import { groupTopic } from '../coordinator/group/group-coordinator.ts'
import { clusterResource } from './authorizer.ts'
import { codeOf } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

export const listGroupsHandler: ApiHandler = handler({
  api: listGroups,
  versions: [0, 5],
  authorize: [{ operation: 'Describe', resource: 'Group', perEntry: true }],
  refuse: (_request, errorCode) => ({ errorCode, groups: [] }),
  async handle(request, context) {
    const states = lowerCased(request.statesFilter)
    const types = lowerCased(request.typesFilter)
    const passes = (filter: ReadonlySet<string>, value: string): boolean => filter.size === 0 || filter.has(value.toLowerCase())
    try {
      const leaders = context.cluster.topics.get(groupTopic)?.partitions
      const here = await context.cluster.groups.list((partition) => leaders?.[partition]?.leaderId === context.node.nodeId)
      const wanted = here.filter(({ groupState, groupType }) => passes(states, groupState) && passes(types, groupType))
      if (context.allows('Describe', 'Cluster', clusterResource)) return { errorCode: ErrorCodes.NONE, groups: wanted }
      return { errorCode: ErrorCodes.NONE, groups: wanted.filter(({ groupId }) => context.allows('Describe', 'Group', groupId)) }
    } catch (error) {
      return { errorCode: codeOf(error), groups: [] }
    }
  },
})

function lowerCased(texts: readonly string[]): Set<string> {
  return new Set(texts.map((text) => text.trim().toLowerCase()))
}
