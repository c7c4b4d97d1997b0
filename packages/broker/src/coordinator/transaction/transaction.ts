/** One transactional id as `__transaction_state` keeps it, and the moves from one state to the next. Source: KIP-98, KIP-360, KIP-890. */

import type { TransactionStateName } from '@odradek/protocol'

/** Topic to its partitions. */
export type TransactionPartitions = ReadonlyMap<string, ReadonlySet<number>>

export interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  /** That of the state before this one, which differs when the epochs have run out; the same otherwise. */
  readonly previousProducerId: number
  /** What the producer was told to go on with, its epochs being used up; −1 otherwise. */
  readonly nextProducerId: number
  /** −1 before the id was first given to a producer. */
  readonly producerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionStateName
  readonly partitions: TransactionPartitions
  /** −1 while no transaction is open. */
  readonly startTimestampMs: number
  readonly lastUpdateTimestampMs: number
  /** 2 where the producer bumps its epoch with every transaction (KIP-890), 0 where it does not. */
  readonly clientTransactionVersion: number
}

export const noProducerId = -1
export const noProducerEpoch = -1
/** The largest epoch: transaction markers may carry it, producers never do. */
export const maxProducerEpoch = 32_767

const noPartitions: TransactionPartitions = new Map()

export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= maxProducerEpoch - 1
}

export function isPreparing({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** Nothing is open, nor about to end. */
export function isAtRest({ state }: Transaction): boolean {
  return state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort'
}

export function newTransaction(transactionalId: string, producerId: number): Transaction {
  return {
    transactionalId,
    producerId,
    previousProducerId: noProducerId,
    nextProducerId: noProducerId,
    producerEpoch: noProducerEpoch,
    timeoutMs: 0,
    state: 'Empty',
    partitions: noPartitions,
    startTimestampMs: -1,
    lastUpdateTimestampMs: -1,
    clientTransactionVersion: 0,
  }
}

/** A producer takes the id up, as `producerId` in `producerEpoch`. */
export function initialised(
  transaction: Transaction,
  producer: { readonly producerId: number; readonly producerEpoch: number },
  timeoutMs: number,
  nowMs: number,
): Transaction {
  const { producerId, producerEpoch } = producer
  return {
    ...transaction,
    producerId,
    previousProducerId: transaction.producerId,
    producerEpoch,
    timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startTimestampMs: -1,
    lastUpdateTimestampMs: nowMs,
  }
}

export function withPartitions(
  transaction: Transaction,
  added: TransactionPartitions,
  clientTransactionVersion: number,
  nowMs: number,
): Transaction {
  const begins = transaction.state !== 'Ongoing'
  const partitions = new Map(transaction.partitions)
  for (const [topic, indexes] of added) partitions.set(topic, new Set([...(partitions.get(topic) ?? []), ...indexes]))
  return {
    ...transaction,
    previousProducerId: transaction.producerId,
    state: 'Ongoing',
    partitions,
    startTimestampMs: begins ? nowMs : transaction.startTimestampMs,
    lastUpdateTimestampMs: nowMs,
    clientTransactionVersion,
  }
}

export interface Ending {
  readonly commits: boolean
  /** Of the producer from now on, and of the markers. */
  readonly producerEpoch: number
  readonly clientTransactionVersion: number
  /** Where the epochs of the present one are used up. */
  readonly nextProducerId: number
}

/** The end is decided: what is left is to tell the partitions. */
export function prepared(transaction: Transaction, ending: Ending, nowMs: number): Transaction {
  return {
    ...transaction,
    previousProducerId: transaction.producerId,
    producerEpoch: ending.producerEpoch,
    nextProducerId: ending.nextProducerId,
    state: ending.commits ? 'PrepareCommit' : 'PrepareAbort',
    // An abort of nothing has no start of its own.
    startTimestampMs: transaction.state === 'Ongoing' ? transaction.startTimestampMs : nowMs,
    partitions: transaction.state === 'Ongoing' ? transaction.partitions : noPartitions,
    lastUpdateTimestampMs: nowMs,
    clientTransactionVersion: ending.clientTransactionVersion,
  }
}

/** Every partition has its marker. */
export function completed(transaction: Transaction, nowMs: number): Transaction {
  const { nextProducerId, producerId } = transaction
  const rotates = nextProducerId !== noProducerId
  return {
    ...transaction,
    producerId: rotates ? nextProducerId : producerId,
    previousProducerId: producerId,
    nextProducerId: noProducerId,
    producerEpoch: rotates ? 0 : transaction.producerEpoch,
    state: transaction.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: noPartitions,
    lastUpdateTimestampMs: nowMs,
  }
}

export function includes({ partitions }: Transaction, wanted: TransactionPartitions): boolean {
  for (const [topic, indexes] of wanted) {
    const known = partitions.get(topic)
    for (const index of indexes) if (known?.has(index) !== true) return false
  }
  return true
}
