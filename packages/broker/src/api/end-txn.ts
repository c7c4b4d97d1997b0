/** EndTxn (26): commits or aborts. The answer comes when the end is decided for good; the markers follow. Version 5 bumps the epoch (KIP-890). */

import { endTxn, type EndTxnRequest, type EndTxnResponseInput, ErrorCodes } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { transactionCoordinatorError, transactionErrorCode } from './transaction-requests.ts'

const producerFencedSince = 2
const epochBumpSince = 5

export const endTxnHandler: ApiHandler = handler({
  api: endTxn,
  versions: [0, 5],
  authorize: [{ operation: 'Write', resource: 'TransactionalId', names: (request) => [request.transactionalId] }],
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode }),
  handle,
})

async function handle(request: EndTxnRequest, context: RequestContext): Promise<EndTxnResponseInput> {
  const { transactionalId, producerId, producerEpoch, committed } = request
  const error = transactionCoordinatorError(transactionalId, context)
  if (error !== ErrorCodes.NONE) return { throttleTimeMs: 0, errorCode: error }
  const clientTransactionVersion = context.apiVersion >= epochBumpSince ? 2 : 0
  try {
    const end = { producerId, producerEpoch, commits: committed, clientTransactionVersion }
    const producer = await context.cluster.transactions.endTransaction(transactionalId, end)
    return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, ...producer }
  } catch (thrown) {
    return { throttleTimeMs: 0, errorCode: transactionErrorCode(thrown, context, producerFencedSince) }
  }
}
