/** DescribeTransactions (65): transactional ids as their coordinator sees them (KIP-664). */

import { describeTransactions, type DescribeTransactionsResponseTransactionStateInput, ErrorCodes } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import { codeOf } from './group-requests.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { transactionCoordinatorError } from './transaction-requests.ts'

type State = DescribeTransactionsResponseTransactionStateInput

export const describeTransactionsHandler: ApiHandler = handler({
  api: describeTransactions,
  versions: [0, 0],
  authorize: [
    { operation: 'Describe', resource: 'TransactionalId', perEntry: true },
    { operation: 'Describe', resource: 'Topic', perEntry: true },
  ],
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    transactionStates: request.transactionalIds.map((transactionalId) => failed(transactionalId, errorCode)),
  }),
  handle: async (request, context) => ({
    throttleTimeMs: 0,
    transactionStates: await Promise.all(request.transactionalIds.map((transactionalId) => describe(transactionalId, context))),
  }),
})

async function describe(transactionalId: string, context: RequestContext): Promise<State> {
  if (!context.allows('Describe', 'TransactionalId', transactionalId)) {
    return failed(transactionalId, ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (transactionalId === '') return failed(transactionalId, ErrorCodes.INVALID_REQUEST)
  const error = transactionCoordinatorError(transactionalId, context)
  if (error !== ErrorCodes.NONE) return failed(transactionalId, error)
  try {
    const transaction = await context.cluster.transactions.describe(transactionalId)
    const topics = [...transaction.partitions].filter(([topic]) => context.allows('Describe', 'Topic', topic))
    return {
      errorCode: ErrorCodes.NONE,
      transactionalId,
      transactionState: transaction.state,
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStartTimeMs: transaction.startTimestampMs,
      producerId: transaction.producerId,
      producerEpoch: transaction.producerEpoch,
      topics: topics.map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
    }
  } catch (thrown) {
    return failed(transactionalId, codeOf(thrown))
  }
}

function failed(transactionalId: string, errorCode: number): State {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}
