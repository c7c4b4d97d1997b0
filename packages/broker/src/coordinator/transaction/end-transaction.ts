/**
 * EndTxn: whether a transaction may end so, under both protocols. With the second one (KIP-890) every end bumps the producer's epoch, so
 * that what is late of one transaction cannot get into the next, and the epoch tells a repetition from a new request.
 */

import { ErrorCodes } from '@odradek/protocol'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import type { NeedsProducerId } from './init-producer.ts'
import { needsProducerId } from './init-producer.ts'
import type { Transaction } from './transaction.ts'
import { isAtRest, isEpochExhausted, maxProducerEpoch, noProducerId, prepared } from './transaction.ts'

/** The protocol in which producers bump their epochs. */
export const epochBumpVersion = 2

export interface EndRequest {
  readonly producerId: number
  readonly producerEpoch: number
  readonly commits: boolean
  /** 2 from EndTxn version 5 on, 0 before. */
  readonly clientTransactionVersion: number
}

/**
 * The transaction with its end prepared; 'done' where the same was asked before and has happened. `newProducerId` is undefined until it is known to be needed. Throws CoordinatorError: INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED,
 * CONCURRENT_TRANSACTIONS while the markers of the same end are being written, INVALID_TXN_STATE for the other end.
 */
export function decideEnd(
  transaction: Transaction,
  request: EndRequest,
  newProducerId: number | undefined,
  nowMs: number,
): Transaction | 'done' | NeedsProducerId {
  return request.clientTransactionVersion >= epochBumpVersion
    ? decideEndWithBump(transaction, request, newProducerId, nowMs)
    : decideEndWithoutBump(transaction, request, nowMs)
}

/** The producer is shut out and its transaction aborted: its time is up, or a successor has come. Its epoch is for nobody. */
export function fenceAndAbort(transaction: Transaction, nowMs: number): Transaction {
  const producerEpoch = Math.min(transaction.producerEpoch + 1, maxProducerEpoch)
  const ending = { commits: false, producerEpoch, nextProducerId: noProducerId, clientTransactionVersion: epochBumpVersion }
  return prepared(transaction, ending, nowMs)
}

function decideEndWithoutBump(transaction: Transaction, request: EndRequest, nowMs: number): Transaction | 'done' {
  const { producerId, producerEpoch, commits } = request
  if (producerId !== transaction.producerId) throw new CoordinatorError(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
  if (producerEpoch !== transaction.producerEpoch) throw new CoordinatorError(ErrorCodes.PRODUCER_FENCED)
  if (transaction.state !== 'Ongoing') return repeated(transaction, commits)
  const ending = { commits, producerEpoch, nextProducerId: noProducerId, clientTransactionVersion: request.clientTransactionVersion }
  return prepared(transaction, ending, nowMs)
}

function decideEndWithBump(
  transaction: Transaction,
  request: EndRequest,
  newProducerId: number | undefined,
  nowMs: number,
): Transaction | 'done' | NeedsProducerId {
  const { producerId, producerEpoch, commits, clientTransactionVersion } = request
  const wasRotated = isRetryAfterRotation(transaction, request)
  if (producerId !== transaction.producerId && !wasRotated) throw new CoordinatorError(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
  const isRetry = wasRotated || producerEpoch + 1 === transaction.producerEpoch
  if (!isValidEpoch(transaction, producerEpoch, isRetry)) throw new CoordinatorError(ErrorCodes.PRODUCER_FENCED)
  const isNew = transaction.state === 'Ongoing' || (isAtRest(transaction) && !isRetry && !commits)
  if (!isNew) return repeated(transaction, commits, isRetry)
  // The producer never sees the largest epoch: it goes on with a new id.
  const rotates = isEpochExhausted(transaction.producerEpoch)
  if (rotates && newProducerId === undefined) return needsProducerId
  const ending = {
    commits,
    producerEpoch: Math.min(transaction.producerEpoch + 1, maxProducerEpoch),
    nextProducerId: rotates && newProducerId !== undefined ? newProducerId : noProducerId,
    clientTransactionVersion,
  }
  return prepared(transaction, ending, nowMs)
}

function isRetryAfterRotation(transaction: Transaction, { producerId, producerEpoch }: EndRequest): boolean {
  return (
    producerId === transaction.previousProducerId &&
    producerId !== transaction.producerId &&
    producerEpoch === maxProducerEpoch - 1 &&
    transaction.producerEpoch === 0
  )
}

function isValidEpoch(transaction: Transaction, producerEpoch: number, isRetry: boolean): boolean {
  const isCurrent = producerEpoch === transaction.producerEpoch
  switch (transaction.state) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      return isRetry
    case 'CompleteCommit':
    case 'CompleteAbort':
      return isRetry || isCurrent
    default:
      return isCurrent
  }
}

/** The transaction has ended, or is ending. */
function repeated(transaction: Transaction, commits: boolean, isRetry = true): 'done' {
  const wasCommitted = transaction.state === 'PrepareCommit' || transaction.state === 'CompleteCommit'
  if (!isRetry || transaction.state === 'Empty' || wasCommitted !== commits) throw new CoordinatorError(ErrorCodes.INVALID_TXN_STATE)
  if (isAtRest(transaction)) return 'done'
  throw new CoordinatorError(ErrorCodes.CONCURRENT_TRANSACTIONS)
}
