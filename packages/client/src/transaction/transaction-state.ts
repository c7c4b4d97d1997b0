/** Where a transactional producer stands: the states of Java's client, how one follows another, and what may be called in which. */

import { StateError } from '../errors/kafka-error.ts'

export type TransactionState =
  | 'UNINITIALIZED'
  | 'INITIALIZING'
  | 'READY'
  | 'IN_TRANSACTION'
  | 'COMMITTING'
  | 'ABORTING'
  | 'ABORTABLE_ERROR'
  | 'FATAL_ERROR'

export type TransactionCall =
  | 'initTransactions()'
  | 'beginTransaction()'
  | 'send()'
  | 'sendOffsetsToTransaction()'
  | 'commitTransaction()'
  | 'abortTransaction()'

/** The states that each may follow. `FATAL_ERROR` may follow all, and nothing follows it. */
export const predecessors: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  UNINITIALIZED: [],
  INITIALIZING: ['UNINITIALIZED', 'ABORTING'],
  READY: ['INITIALIZING', 'COMMITTING', 'ABORTING'],
  IN_TRANSACTION: ['READY'],
  COMMITTING: ['IN_TRANSACTION'],
  ABORTING: ['IN_TRANSACTION', 'ABORTABLE_ERROR'],
  ABORTABLE_ERROR: ['IN_TRANSACTION', 'COMMITTING'],
  FATAL_ERROR: ['UNINITIALIZED', 'INITIALIZING', 'READY', 'IN_TRANSACTION', 'COMMITTING', 'ABORTING', 'ABORTABLE_ERROR'],
}

const allowed: Readonly<Record<TransactionCall, readonly TransactionState[]>> = {
  'initTransactions()': ['UNINITIALIZED'],
  'beginTransaction()': ['READY'],
  'send()': ['IN_TRANSACTION'],
  'sendOffsetsToTransaction()': ['IN_TRANSACTION'],
  'commitTransaction()': ['IN_TRANSACTION'],
  'abortTransaction()': ['IN_TRANSACTION', 'ABORTABLE_ERROR'],
}

const advice: Readonly<Record<TransactionState, string>> = {
  UNINITIALIZED: 'call initTransactions() first',
  INITIALIZING: 'the producer is being initialised: await that first',
  READY: 'no transaction is open: call beginTransaction() first',
  IN_TRANSACTION: 'a transaction is open: end it with commitTransaction() or abortTransaction() first',
  COMMITTING: 'the transaction is being committed: await commitTransaction() first',
  ABORTING: 'the transaction is being aborted: await abortTransaction() first',
  ABORTABLE_ERROR: 'the transaction has failed: call abortTransaction()',
  FATAL_ERROR: 'the producer has failed: close it',
}

export class TransactionStates {
  #current: TransactionState = 'UNINITIALIZED'

  get current(): TransactionState {
    return this.#current
  }

  /** Throws Error for a step that the table does not have: no input leads there. */
  to(next: TransactionState): void {
    if (!predecessors[next].includes(this.#current)) throw new Error(`A transaction cannot go from ${this.#current} to ${next}`)
    this.#current = next
  }

  /** Why a call is out of turn, and what to do; undefined when it is not. */
  objection(call: TransactionCall): StateError | undefined {
    if (allowed[call].includes(this.#current)) return undefined
    if (call === 'initTransactions()' && this.#current === 'READY')
      return new StateError(`${call}: once is enough, call beginTransaction()`)
    return new StateError(`${call}: ${advice[this.#current]}`)
  }
}
