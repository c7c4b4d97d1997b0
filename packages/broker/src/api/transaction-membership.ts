/**
 * Whether a partition is part of the transaction that writes to it (KIP-890): asked of the transaction coordinator or, with the second
 * protocol, made so.
 */

import { ErrorCodes } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { CoordinatorError } from '../coordinator/runtime/coordinator-error.ts'
import type { ProducerIdentity } from '../coordinator/transaction/init-producer.ts'

export interface MembershipRequest {
  readonly transactionalId: string
  readonly producer: ProducerIdentity
  readonly topic: string
  readonly partition: number
  /** Adds the partition, rather than asking whether it has been added: the second protocol. */
  readonly adds: boolean
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

/** Resolves to Kafka's error code: NONE, NOT_ENOUGH_REPLICAS to be tried again, or why the transaction must not write there. */
export async function transactionMembership(cluster: Cluster, request: MembershipRequest): Promise<number> {
  const { clock } = cluster.runtime
  const deadlineMs = clock.monotonicMs() + retryMaxMs
  let errorCode = await ask(cluster, request)
  while (request.adds && errorCode === ErrorCodes.CONCURRENT_TRANSACTIONS && clock.monotonicMs() < deadlineMs) {
    await new Promise<void>((resolve) => {
      clock.setTimer(retryBackoffMs, resolve)
    })
    errorCode = await ask(cluster, request)
  }
  if (passing.has(errorCode)) return ErrorCodes.NOT_ENOUGH_REPLICAS
  if (errorCode === ErrorCodes.TRANSACTION_ABORTABLE && !request.knowsAbortable) return ErrorCodes.INVALID_TXN_STATE
  return errorCode
}

async function ask(cluster: Cluster, request: MembershipRequest): Promise<number> {
  const { transactionalId, producer, topic, partition, adds } = request
  try {
    await cluster.createTransactionTopic()
    if (!adds) return await cluster.transactions.verify(transactionalId, producer, topic, partition)
    await cluster.transactions.addPartitions(transactionalId, producer, new Map([[topic, new Set([partition])]]), 2)
    return ErrorCodes.NONE
  } catch (error) {
    if (error instanceof CoordinatorError) return error.code
    throw error
  }
}
