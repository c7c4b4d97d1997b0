/** InitProducerId (key 22): an id for an idempotent producer; with a transactional id the one that belongs to it, in an epoch that fences predecessors. */

import type { InitProducerIdRequest, InitProducerIdResponseInput } from '@odradek/protocol'
import { ErrorCodes, initProducerId } from '@odradek/protocol'
import { clusterResource } from './authorizer.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { transactionCoordinatorError, transactionErrorCode } from './transaction-requests.ts'

const none = -1
const producerFencedSince = 4

export const initProducerIdHandler: ApiHandler = handler({
  api: initProducerId,
  versions: [0, 5],
  authorize: [
    { operation: 'IdempotentWrite', resource: 'Cluster', perEntry: true },
    { operation: 'Write', resource: 'TransactionalId', perEntry: true },
  ],
  refuse: (_request, errorCode) => failed(errorCode),
  handle,
})

async function handle(request: InitProducerIdRequest, context: RequestContext): Promise<InitProducerIdResponseInput> {
  const { transactionalId, producerId, producerEpoch } = request
  if (transactionalId !== null && !context.allows('Write', 'TransactionalId', transactionalId)) {
    return failed(ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (transactionalId === null && !mayWrite(context)) return failed(ErrorCodes.CLUSTER_AUTHORIZATION_FAILED)
  if ((producerId === none) !== (producerEpoch === none)) return failed(ErrorCodes.INVALID_REQUEST)
  if (transactionalId !== null) return initTransactional(transactionalId, request, context)
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, producerId: await context.cluster.producerIds.next(), producerEpoch: 0 }
}

async function initTransactional(
  transactionalId: string,
  { transactionTimeoutMs, producerId, producerEpoch }: InitProducerIdRequest,
  context: RequestContext,
): Promise<InitProducerIdResponseInput> {
  if (transactionalId === '') return failed(ErrorCodes.INVALID_REQUEST)
  const error = transactionCoordinatorError(transactionalId, context)
  if (error !== ErrorCodes.NONE) return failed(error)
  const expected = producerId === none ? undefined : { producerId, producerEpoch }
  try {
    const producer = await context.cluster.transactions.initProducer(transactionalId, { timeoutMs: transactionTimeoutMs, expected })
    return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, ...producer }
  } catch (thrown) {
    return failed(transactionErrorCode(thrown, context, producerFencedSince))
  }
}

/** Whoever may write to any topic may do so idempotently. */
function mayWrite(context: RequestContext): boolean {
  if (context.allows('IdempotentWrite', 'Cluster', clusterResource)) return true
  for (const topic of context.cluster.topics.all()) if (context.allows('Write', 'Topic', topic.name)) return true
  return false
}

function failed(errorCode: number): InitProducerIdResponseInput {
  return { throttleTimeMs: 0, errorCode, producerId: none, producerEpoch: none }
}
