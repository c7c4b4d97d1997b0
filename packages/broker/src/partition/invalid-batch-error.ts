/** A batch that may not be appended, with the error code to answer with. */

import { ErrorCodes } from '@odradek/protocol'
import type { RecordError } from './types.ts'

/** Kafka finds these before it looks at the log, and answers without the log's start. */
const foundBeforeLog: ReadonlySet<number> = new Set([
  ErrorCodes.CORRUPT_MESSAGE,
  ErrorCodes.MESSAGE_TOO_LARGE,
  ErrorCodes.RECORD_LIST_TOO_LARGE,
  ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE,
])

export class InvalidBatchError extends Error {
  override readonly name = 'InvalidBatchError'
  readonly errorCode: number
  readonly recordErrors: readonly RecordError[]
  /** Whether the answer tells where the log starts. */
  readonly isOfLog: boolean

  constructor(
    errorCode: number,
    message: string,
    recordErrors: readonly RecordError[] = [],
    isOfLog: boolean = !foundBeforeLog.has(errorCode),
  ) {
    super(message)
    this.errorCode = errorCode
    this.recordErrors = recordErrors
    this.isOfLog = isOfLog
  }
}
