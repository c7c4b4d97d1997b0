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

export interface Refusal {
  /** The records that fail, by position. */
  readonly failures: ReadonlyMap<number, KafkaError>
  /** The positions of those that are sent again, a batch each; none: the whole batch fails. */
  readonly groups: readonly (readonly number[])[]
}

export function judgeRefusal(batch: ProducerBatch, answer: ProduceResponsePartitionProduceResponse): Refusal {
  const failures = namedFailures(batch, answer)
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
