/** Why a batch is not appended: the Kafka error code, its text, and the records at fault. */

import type { RecordError } from './types.ts'

export class InvalidBatchError extends Error {
  override readonly name = 'InvalidBatchError'
  readonly errorCode: number
  readonly recordErrors: readonly RecordError[]

  constructor(errorCode: number, message: string, recordErrors: readonly RecordError[] = []) {
    super(message)
    this.errorCode = errorCode
    this.recordErrors = recordErrors
  }
}
