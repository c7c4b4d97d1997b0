/** What the handlers of transaction APIs have in common: whether this node coordinates the id, and errors that old clients know. */

import { ErrorCodes } from '@odradek/protocol'
import { transactionTopic } from '../coordinator/transaction/transaction-coordinator.ts'
import { codeOf } from './group-requests.ts'
import type { RequestContext } from './context.ts'

/** NOT_COORDINATOR where another node leads the id's partition, or none does yet. */
export function transactionCoordinatorError(transactionalId: string, context: RequestContext): number {
  const { transactions, topics } = context.cluster
  const partition = topics.get(transactionTopic)?.partitions[transactions.partitionOf(transactionalId)]
  return partition?.leaderId === context.node.nodeId ? ErrorCodes.NONE : ErrorCodes.NOT_COORDINATOR
}

/** The code of an error that a coordinator rejected with. PRODUCER_FENCED is new in version `since` of the API. */
export function transactionErrorCode(error: unknown, context: RequestContext, since: number): number {
  const errorCode = codeOf(error)
  return errorCode === ErrorCodes.PRODUCER_FENCED && context.apiVersion < since ? ErrorCodes.INVALID_PRODUCER_EPOCH : errorCode
}
