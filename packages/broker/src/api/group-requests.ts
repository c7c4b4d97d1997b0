/** What the handlers of group APIs have in common: who asks, and whether this node is the group's coordinator. */

import { ErrorCodes } from '@odradek/protocol'
import { groupTopic } from '../coordinator/group/group-coordinator.ts'
import type { Caller } from '../coordinator/group/member-requests.ts'
import { CoordinatorError } from '../coordinator/runtime/coordinator-error.ts'
import type { RequestContext } from './context.ts'

export function callerOf(context: RequestContext): Caller {
  return { clientId: context.clientId, clientHost: context.clientHost, apiVersion: context.apiVersion }
}

/** NOT_COORDINATOR where another node leads the group's partition, or none does yet. */
export function coordinatorError(groupId: string, context: RequestContext): number {
  const { groups, topics } = context.cluster
  const partition = topics.get(groupTopic)?.partitions[groups.partitionOf(groupId)]
  return partition?.leaderId === context.node.nodeId ? ErrorCodes.NONE : ErrorCodes.NOT_COORDINATOR
}

/** The code of an error that a coordinator rejected with; anything else is a defect and passes on. */
export function codeOf(error: unknown): number {
  if (error instanceof CoordinatorError) return error.code
  throw error
}

/** Partitions that were refused before the coordinator saw the others, and these: one entry a topic. */
export function mergeByName<Partition>(
  topics: readonly { readonly name: string; readonly partitions: readonly Partition[] }[],
): { readonly name: string; readonly partitions: readonly Partition[] }[] {
  const byName = new Map<string, { readonly name: string; readonly partitions: readonly Partition[] }>()
  for (const { name, partitions } of topics)
    byName.set(name, { name, partitions: [...(byName.get(name)?.partitions ?? []), ...partitions] })
  return [...byName.values()]
}
