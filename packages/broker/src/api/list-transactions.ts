/** ListTransactions (66): the transactional ids that this node coordinates, filtered. Version 1 by how long they run (KIP-994), 2 by pattern (KIP-1152). */

import {
  ErrorCodes,
  listTransactions,
  type ListTransactionsRequest,
  type ListTransactionsResponseInput,
  transactionStates,
} from '@odradek/protocol'
import { transactionTopic } from '../coordinator/transaction/transaction-coordinator.ts'
import type { Transaction } from '../coordinator/transaction/transaction.ts'
import type { RequestContext } from './context.ts'
import { codeOf } from './group-requests.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

export const listTransactionsHandler: ApiHandler = handler({
  api: listTransactions,
  versions: [0, 2],
  authorize: [{ operation: 'Describe', resource: 'TransactionalId', perEntry: true }],
  refuse: (_request, errorCode) => failed(errorCode),
  handle,
})

async function handle(request: ListTransactionsRequest, context: RequestContext): Promise<ListTransactionsResponseInput> {
  const matches = await patternOf(request.transactionalIdPattern)
  if (matches === undefined) return failed(ErrorCodes.INVALID_REGULAR_EXPRESSION)
  const states: readonly string[] = transactionStates
  const unknownStateFilters = request.stateFilters.filter((state) => !states.includes(state))
  try {
    const { transactions, topics, runtime } = context.cluster
    const isOurs = (partition: number): boolean => topics.get(transactionTopic)?.partitions[partition]?.leaderId === context.node.nodeId
    const nowMs = runtime.clock.nowMs()
    const found = (await transactions.list(isOurs)).filter(
      (transaction) =>
        isWanted(transaction, request, nowMs) &&
        matches(transaction.transactionalId) &&
        context.allows('Describe', 'TransactionalId', transaction.transactionalId),
    )
    const transactionStatesFound = found.map(({ transactionalId, producerId, state }) => ({
      transactionalId,
      producerId,
      transactionState: state,
    }))
    return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, unknownStateFilters, transactionStates: transactionStatesFound }
  } catch (thrown) {
    return failed(codeOf(thrown))
  }
}

function isWanted(transaction: Transaction, request: ListTransactionsRequest, nowMs: number): boolean {
  const { stateFilters, producerIdFilters, durationFilter } = request
  if (producerIdFilters.length > 0 && !producerIdFilters.includes(transaction.producerId)) return false
  if (stateFilters.length > 0 && !stateFilters.includes(transaction.state)) return false
  return durationFilter < 0 || nowMs - transaction.startTimestampMs > durationFilter
}

/** Undefined when it is no regular expression of RE2's, which take linear time whatever they are. */
async function patternOf(pattern: string | null): Promise<((text: string) => boolean) | undefined> {
  if (pattern === null || pattern === '') return () => true
  const { RE2JS, RE2JSException } = await import('re2js')
  try {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.matches(text)
  } catch (error) {
    if (error instanceof RE2JSException) return undefined
    throw error
  }
}

function failed(errorCode: number): ListTransactionsResponseInput {
  return { throttleTimeMs: 0, errorCode, unknownStateFilters: [], transactionStates: [] }
}
