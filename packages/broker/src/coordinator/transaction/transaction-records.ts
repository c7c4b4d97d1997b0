/** The records of `__transaction_state`, in the version that Kafka 4.3 writes with transaction protocol 2. */

import { transactionLogKey, transactionLogValue, transactionStates } from '@odradek/protocol'
import type { CoordinatorRecord } from '../runtime/outcome.ts'
import type { Transaction, TransactionPartitions } from './transaction.ts'

const valueVersion = 1

export function transactionRecord(transaction: Transaction): CoordinatorRecord {
  const { transactionalId, state, partitions } = transaction
  const value = transactionLogValue.encode(
    {
      producerId: transaction.producerId,
      previousProducerId: transaction.previousProducerId,
      nextProducerId: transaction.nextProducerId,
      producerEpoch: transaction.producerEpoch,
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStatus: transactionStates.indexOf(state),
      transactionPartitions:
        state === 'Empty' ? null : Array.from(partitions, ([topic, indexes]) => ({ topic, partitionIds: [...indexes] })),
      transactionLastUpdateTimestampMs: transaction.lastUpdateTimestampMs,
      transactionStartTimestampMs: transaction.startTimestampMs,
      clientTransactionVersion: transaction.clientTransactionVersion,
    },
    valueVersion,
  )
  return { key: transactionLogKey.encode({ transactionalId }), value }
}

export function transactionTombstone(transactionalId: string): CoordinatorRecord {
  return { key: transactionLogKey.encode({ transactionalId }), value: null }
}

/** Throws MalformedError, and RangeError on a state that Kafka does not have. */
export function decodeTransaction(transactionalId: string, bytes: Buffer): Transaction {
  const value = transactionLogValue.decode(bytes)
  const state = transactionStates[value.transactionStatus]
  if (state === undefined) throw new RangeError(`Transactional id ${transactionalId} is in the unknown state ${value.transactionStatus}`)
  return {
    transactionalId,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    timeoutMs: value.transactionTimeoutMs,
    state,
    partitions: partitionsOf(value.transactionPartitions ?? []),
    startTimestampMs: value.transactionStartTimestampMs,
    lastUpdateTimestampMs: value.transactionLastUpdateTimestampMs,
    clientTransactionVersion: value.clientTransactionVersion,
  }
}

function partitionsOf(topics: readonly { readonly topic: string; readonly partitionIds: readonly number[] }[]): TransactionPartitions {
  return new Map(topics.map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]))
}
