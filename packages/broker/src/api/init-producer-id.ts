/** InitProducerId (key 22): an id for an idempotent producer. */

import type { InitProducerIdRequest, InitProducerIdResponseInput } from '@odradek/protocol'
import { ErrorCodes, initProducerId } from '@odradek/protocol'
import { clusterResource } from './authorizer.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

const none = -1

export const initProducerIdHandler: ApiHandler = handler({
  api: initProducerId,
  versions: [0, 5],
  notServed: ['Transactional ids: UNSUPPORTED_VERSION.'],
  authorize: [{ operation: 'IdempotentWrite', resource: 'Cluster', perEntry: true }],
  refuse: (_request, errorCode) => failed(errorCode),
  handle,
})

async function handle(request: InitProducerIdRequest, context: RequestContext): Promise<InitProducerIdResponseInput> {
  const { transactionalId, producerId, producerEpoch } = request
  if (transactionalId !== null) return failed(transactionalId === '' ? ErrorCodes.INVALID_REQUEST : ErrorCodes.UNSUPPORTED_VERSION)
  if ((producerId === none) !== (producerEpoch === none)) return failed(ErrorCodes.INVALID_REQUEST)
  if (!mayWrite(context)) return failed(ErrorCodes.CLUSTER_AUTHORIZATION_FAILED)
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, producerId: await context.cluster.producerIds.next(), producerEpoch: 0 }
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
