/**
 * Whether partitions are part of the transaction that writes to them (KIP-890): asked of the transaction coordinator or, with the second
 * protocol, made so.
 */

import { ErrorCodes } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { CoordinatorError } from '../coordinator/runtime/coordinator-error.ts'
import type { ProducerIdentity } from '../coordinator/transaction/init-producer.ts'
import type { TransactionPartitions } from '../coordinator/transaction/transaction.ts'

export interface MembershipRequest {
  readonly transactionalId: string
  readonly producer: ProducerIdentity
  /** The client knows TRANSACTION_ABORTABLE; others are told INVALID_TXN_STATE. */
  readonly knowsAbortable: boolean
}

/** The transaction before this one may still be ending; `add.partitions.to.txn.retry.backoff.ms` and its maximum in Kafka. */
const retryBackoffMs = 20
const retryMaxMs = 100

/** What a producer is to take for a passing trouble of the partition. */
const passing: ReadonlySet<number> = new Set([
  ErrorCodes.CONCURRENT_TRANSACTIONS,
  ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCodes.COORDINATOR_NOT_AVAILABLE,
  ErrorCodes.NOT_COORDINATOR,
])

/** As the coordinator's, but while the transaction before is ending it waits for that a moment: a client would wait far longer. */
export async function addPartitions(
  cluster: Cluster,
  transactionalId: string,
  producer: ProducerIdentity,
  partitions: TransactionPartitions,
  clientTransactionVersion: number,
): Promise<void> {
  const { transactions, runtime } = cluster
  const deadlineMs = runtime.clock.monotonicMs() + retryMaxMs
  for (;;) {
    try {
      await transactions.addPartitions(transactionalId, producer, partitions, clientTransactionVersion)
      return
    } catch (error) {
      const isEnding = error instanceof CoordinatorError && error.code === ErrorCodes.CONCURRENT_TRANSACTIONS
      if (!isEnding || runtime.clock.monotonicMs() >= deadlineMs) throw error
      await transactions.whenEnded(transactionalId, retryBackoffMs)
    }
  }
}

/**
 * Makes the partitions part of the transaction: the second protocol. Resolves to Kafka's error code: NONE, NOT_ENOUGH_REPLICAS to be tried
 * again, or why the transaction must not write there.
 */
export function joinTransaction(cluster: Cluster, request: MembershipRequest, partitions: TransactionPartitions): Promise<number> {
  return ask(cluster, request, async () => {
    await addPartitions(cluster, request.transactionalId, request.producer, partitions, 2)
    return ErrorCodes.NONE
  })
}

/** Whether the partition is part of the transaction: the first protocol. Resolves as `joinTransaction`. */
export function verifyInTransaction(cluster: Cluster, request: MembershipRequest, topic: string, partition: number): Promise<number> {
  const { transactionalId, producer } = request
  return ask(cluster, request, () => cluster.transactions.verify(transactionalId, producer, topic, partition))
}

async function ask(cluster: Cluster, { knowsAbortable }: MembershipRequest, question: () => Promise<number>): Promise<number> {
  const errorCode = await answer(cluster, question)
  if (passing.has(errorCode)) return ErrorCodes.NOT_ENOUGH_REPLICAS
  // Partitions have called it so since before coordinators had a name of their own for it, and clients of all ages know it.
  if (errorCode === ErrorCodes.PRODUCER_FENCED) return ErrorCodes.INVALID_PRODUCER_EPOCH
  return errorCode === ErrorCodes.TRANSACTION_ABORTABLE && !knowsAbortable ? ErrorCodes.INVALID_TXN_STATE : errorCode
}

async function answer(cluster: Cluster, question: () => Promise<number>): Promise<number> {
  try {
    await cluster.createTransactionTopic()
    return await question()
  } catch (error) {
    if (error instanceof CoordinatorError) return error.code
    throw error
  }
}
