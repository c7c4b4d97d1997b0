/** FindCoordinator (10): which node coordinates a group or a transactional id. From version 4 on several keys at once (KIP-699). */

import {
  errorByCode,
  ErrorCodes,
  findCoordinator,
  type FindCoordinatorResponseCoordinatorInput,
  type FindCoordinatorResponseInput,
} from '@odradek/protocol'
import { groupTopic } from '../coordinator/group/group-coordinator.ts'
import { transactionTopic } from '../coordinator/transaction/transaction-coordinator.ts'
import type { RequestContext } from './context.ts'
import { type ApiHandler, handler } from './handler.ts'
import { clusterEndpoints } from './partition-lookup.ts'

const severalKeysVersion = 4
const keyTypes = { group: 0, transaction: 1 } as const

export const findCoordinatorHandler: ApiHandler = handler({
  api: findCoordinator,
  versions: [0, 6],
  authorize: [
    { operation: 'Describe', resource: 'Group', perEntry: true },
    { operation: 'Describe', resource: 'TransactionalId', perEntry: true },
  ],
  notServed: ['Coordinators of share groups: INVALID_REQUEST.'],
  refuse(request, errorCode, context) {
    const keys = context.apiVersion >= severalKeysVersion ? request.coordinatorKeys : [request.key]
    return responseOf(
      keys.map((key) => failed(key, errorCode)),
      context.apiVersion,
    )
  },
  async handle(request, context) {
    const keys = context.apiVersion >= severalKeysVersion ? request.coordinatorKeys : [request.key]
    const coordinators: FindCoordinatorResponseCoordinatorInput[] = []
    for (const key of keys) coordinators.push(await coordinatorOf(key, request.keyType, context))
    return responseOf(coordinators, context.apiVersion)
  },
})

function coordinatorOf(
  key: string,
  keyType: number,
  context: RequestContext,
): FindCoordinatorResponseCoordinatorInput | Promise<FindCoordinatorResponseCoordinatorInput> {
  const { cluster } = context
  const { groups, transactions } = cluster
  switch (keyType) {
    case keyTypes.group:
      if (!context.allows('Describe', 'Group', key)) return failed(key, ErrorCodes.GROUP_AUTHORIZATION_FAILED)
      return locate(key, groupTopic, groups, () => cluster.createGroupTopic(), context)
    case keyTypes.transaction:
      if (!context.allows('Describe', 'TransactionalId', key)) return failed(key, ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
      return locate(key, transactionTopic, transactions, () => cluster.createTransactionTopic(), context)
    default:
      return failed(key, ErrorCodes.INVALID_REQUEST)
  }
}

interface Coordinator {
  /** The partition of its topic that holds the key. */
  partitionOf(key: string): number
  whenLoaded(key: string): Promise<void>
}

/** Makes the internal topic when it is first needed, and answers once the key's part of it can serve. */
async function locate(
  key: string,
  topic: string,
  coordinator: Coordinator,
  createTopic: () => Promise<void>,
  context: RequestContext,
): Promise<FindCoordinatorResponseCoordinatorInput> {
  const { topics, logger } = context.cluster
  try {
    await createTopic()
    // Whoever leads the partition when it has loaded is the coordinator.
    await coordinator.whenLoaded(key)
  } catch (error) {
    logger.error(`${topic} cannot be used: ${String(error)}`)
    return failed(key, ErrorCodes.COORDINATOR_NOT_AVAILABLE)
  }
  const leaderId = topics.get(topic)?.partitions[coordinator.partitionOf(key)]?.leaderId
  const node = clusterEndpoints(context).find(({ nodeId }) => nodeId === leaderId)
  if (node === undefined) return failed(key, ErrorCodes.COORDINATOR_NOT_AVAILABLE)
  return { key, nodeId: node.nodeId, host: node.host, port: node.port, errorCode: ErrorCodes.NONE, errorMessage: '' }
}

function failed(
  key: string,
  errorCode: number,
  errorMessage: string = errorByCode(errorCode).message,
): FindCoordinatorResponseCoordinatorInput {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage }
}

function responseOf(coordinators: readonly FindCoordinatorResponseCoordinatorInput[], apiVersion: number): FindCoordinatorResponseInput {
  if (apiVersion >= severalKeysVersion) return { coordinators }
  const { nodeId, host, port, errorCode, errorMessage } = coordinators[0] ?? failed('', ErrorCodes.INVALID_REQUEST)
  // Versions 1 to 3 say NONE where version 4 says nothing.
  return { nodeId, host, port, errorCode, errorMessage: errorCode === ErrorCodes.NONE ? 'NONE' : errorMessage }
}
