/** What a broker's refusal of a batch means for each of its records: a bad record fails alone (KIP-467), and one too many is parted (KIP-126). */

import type { ProduceResponsePartitionProduceResponse } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import { BrokerError } from '../errors/kafka-error.ts'
import type { ProducerBatch } from './producer-batch.ts'

/** Refusals that fewer records, or others, might not meet. */
const divisible: ReadonlySet<number> = new Set([
  ErrorCodes.MESSAGE_TOO_LARGE,
  ErrorCodes.RECORD_LIST_TOO_LARGE,
  ErrorCodes.INVALID_RECORD,
  ErrorCodes.INVALID_TIMESTAMP,
])

/** Refusals that come before anything is appended; others may come while a leader waits for its followers, or say nothing about it. */
const precedingAppend: ReadonlySet<number> = new Set([
  ...divisible,
  ErrorCodes.CORRUPT_MESSAGE,
  ErrorCodes.NOT_ENOUGH_REPLICAS,
  ErrorCodes.INVALID_TOPIC_EXCEPTION,
  ErrorCodes.INVALID_REQUIRED_ACKS,
  ErrorCodes.TOPIC_AUTHORIZATION_FAILED,
  ErrorCodes.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT,
  ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE,
  ErrorCodes.POLICY_VIOLATION,
  ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCodes.UNKNOWN_PRODUCER_ID,
  ErrorCodes.INVALID_PRODUCER_EPOCH,
  ErrorCodes.INVALID_PRODUCER_ID_MAPPING,
  ErrorCodes.PRODUCER_FENCED,
  ErrorCodes.INVALID_TXN_STATE,
  ErrorCodes.CONCURRENT_TRANSACTIONS,
  ErrorCodes.TRANSACTION_ABORTABLE,
])

export interface Refusal {
  /** The records that fail, by position. */
  readonly failures: ReadonlyMap<number, KafkaError>
  /** The positions of those that are sent again, a batch each; none: the whole batch fails. */
  readonly groups: readonly (readonly number[])[]
}

/** Whether an attempt that was answered so has left nothing in the log. */
export function provesAbsence(errorCode: number): boolean {
  return precedingAppend.has(errorCode)
}

/**
 * A batch that may be in the log loses no record, as those behind it could not move up; it may be parted. Brokers look at sizes and timestamps
 * before they look for duplicates, so that the refusal says nothing of an earlier attempt. But the first of the parts does: it has the number
 * that the broker expects when the whole is not there, and is out of sequence when it is.
 */
export function judgeRefusal(batch: ProducerBatch, answer: ProduceResponsePartitionProduceResponse): Refusal {
  const failures = batch.mayBeInLog ? new Map<number, KafkaError>() : namedFailures(batch, answer)
  const others = positions(batch.recordCount).filter((position) => !failures.has(position))
  if (failures.size > 0) return { failures, groups: others.length === 0 ? [] : [others] }
  if (!divisible.has(answer.errorCode) || batch.recordCount === 1) return { failures, groups: [] }
  // Halves, until what the broker does not like stands alone.
  const middle = batch.recordCount >> 1
  return { failures, groups: [others.slice(0, middle), others.slice(middle)] }
}

/** The error of a batch that fails as a whole, with what can be done about it. */
export function explainRefusal(error: BrokerError, batch: ProducerBatch): BrokerError {
  if (error.errorCode !== ErrorCodes.MESSAGE_TOO_LARGE && error.errorCode !== ErrorCodes.RECORD_LIST_TOO_LARGE) return error
  const hint = `${batch.sizeBytes} bytes before compression; raise the topic's max.message.bytes`
  return new BrokerError(error.code, error.errorCode, `${error.message}: ${hint}`)
}

function namedFailures(batch: ProducerBatch, answer: ProduceResponsePartitionProduceResponse): ReadonlyMap<number, KafkaError> {
  const what = `Cannot write a record to ${batch.topic}-${batch.partition}`
  const failures = new Map<number, KafkaError>()
  for (const { batchIndex, batchIndexErrorMessage } of answer.recordErrors) {
    if (batchIndex < 0 || batchIndex >= batch.recordCount) continue
    failures.set(batchIndex, brokerError(answer.errorCode, what, batchIndexErrorMessage ?? answer.errorMessage))
  }
  return failures
}

function positions(count: number): number[] {
  return Array.from({ length: count }, (_, position) => position)
}
