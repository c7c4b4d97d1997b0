/** What a record is refused with: a partitioner of the application may throw anything. */

import { KafkaError } from '../errors/kafka-error.ts'

export function toKafkaError(error: unknown): KafkaError {
  return error instanceof KafkaError ? error : new KafkaError('STATE', `The record cannot be sent: ${String(error)}`, { cause: error })
}
