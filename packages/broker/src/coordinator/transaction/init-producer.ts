/** InitProducerId with a transactional id: which producer id and epoch the caller gets, and whom that fences. Source: KIP-98, KIP-360. */

import { ErrorCodes } from '@odradek/protocol'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import type { Transaction } from './transaction.ts'
import { initialised, isEpochExhausted, isPreparing, noProducerEpoch } from './transaction.ts'

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface InitRequest {
  readonly timeoutMs: number
  /** What a producer that goes on after an error believes to be; undefined for one that starts. */
  readonly expected: ProducerIdentity | undefined
  /** The epoch before the present one, if that was given to a producer that went on; −1 otherwise. */
  readonly lastEpoch: number
}

/** What a decision comes to that has to be made again with a producer id that nobody has had. */
export const needsProducerId = 'needs-producer-id'
export type NeedsProducerId = typeof needsProducerId

export interface Initialised {
  readonly transaction: Transaction
  /** To remember for a caller that repeats itself. */
  readonly lastEpoch: number
}

/**
 * 'abort-first' where a transaction is open. `newProducerId` is undefined until it is known to be needed. Throws CoordinatorError:
 * CONCURRENT_TRANSACTIONS, PRODUCER_FENCED.
 */
export function decideInit(
  transaction: Transaction,
  request: InitRequest,
  newProducerId: number | undefined,
  nowMs: number,
): Initialised | 'abort-first' | NeedsProducerId {
  const { expected, timeoutMs } = request
  if (expected !== undefined && !isKnown(transaction, expected)) throw new CoordinatorError(ErrorCodes.PRODUCER_FENCED)
  if (isPreparing(transaction)) throw new CoordinatorError(ErrorCodes.CONCURRENT_TRANSACTIONS)
  if (transaction.state === 'Ongoing') return 'abort-first'
  const { producerId, producerEpoch } = transaction
  if (isEpochExhausted(producerEpoch) && (expected === undefined || expected.producerEpoch === producerEpoch)) {
    if (newProducerId === undefined) return needsProducerId
    const next = initialised(transaction, { producerId: newProducerId, producerEpoch: 0 }, timeoutMs, nowMs)
    return { transaction: next, lastEpoch: expected === undefined ? noProducerEpoch : producerEpoch }
  }
  const epochs = nextEpochs(transaction, request)
  return {
    transaction: initialised(transaction, { producerId, producerEpoch: epochs.current }, timeoutMs, nowMs),
    lastEpoch: epochs.last,
  }
}

/** The present producer, or the one before it, whose epochs were used up: its request may be a repetition. */
function isKnown(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): boolean {
  if (transaction.producerEpoch === noProducerEpoch || producerId === transaction.producerId) return true
  return producerId === transaction.previousProducerId && isEpochExhausted(producerEpoch)
}

function nextEpochs({ producerEpoch }: Transaction, { expected, lastEpoch }: InitRequest): { current: number; last: number } {
  const bumped = producerEpoch + 1
  if (expected === undefined) return { current: bumped, last: noProducerEpoch }
  if (producerEpoch === noProducerEpoch || expected.producerEpoch === producerEpoch) return { current: bumped, last: producerEpoch }
  // The answer to the same request was lost: nobody else can have come in between.
  if (expected.producerEpoch === lastEpoch) return { current: producerEpoch, last: lastEpoch }
  throw new CoordinatorError(ErrorCodes.PRODUCER_FENCED)
}
