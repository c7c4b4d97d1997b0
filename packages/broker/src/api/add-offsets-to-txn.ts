/** AddOffsetsToTxn (25): the partition of `__consumer_offsets` that holds a group becomes part of an open transaction. */

import { addOffsetsToTxn, type AddOffsetsToTxnRequest, type AddOffsetsToTxnResponseInput, ErrorCodes } from '@odradek/protocol'
import { groupTopic } from '../coordinator/group/group-coordinator.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { addPartitions } from './transaction-membership.ts'
import { transactionCoordinatorError, transactionErrorCode } from './transaction-requests.ts'

const producerFencedSince = 2

export const addOffsetsToTxnHandler: ApiHandler = handler({
  api: addOffsetsToTxn,
  versions: [0, 4],
  authorize: [
    { operation: 'Write', resource: 'TransactionalId', names: (request) => [request.transactionalId] },
    { operation: 'Read', resource: 'Group', names: (request) => [request.groupId] },
  ],
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode }),
  handle,
})

async function handle(request: AddOffsetsToTxnRequest, context: RequestContext): Promise<AddOffsetsToTxnResponseInput> {
  const { transactionalId, groupId } = request
  const { cluster } = context
  const error = transactionCoordinatorError(transactionalId, context)
  if (error !== ErrorCodes.NONE) return { throttleTimeMs: 0, errorCode: error }
  try {
    await cluster.createGroupTopic()
    const partitions = new Map([[groupTopic, new Set([cluster.groups.partitionOf(groupId)])]])
    await addPartitions(cluster, transactionalId, request, partitions, 0)
    return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE }
  } catch (thrown) {
    return { throttleTimeMs: 0, errorCode: transactionErrorCode(thrown, context, producerFencedSince) }
  }
}
