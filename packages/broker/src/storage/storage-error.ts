/** What goes wrong on disk, as errors that carry the Kafka error code to answer with. */

const CORRUPT_MESSAGE = 2
const KAFKA_STORAGE_ERROR = 56

/** An I/O failure that took a log offline: nothing more is appended to it or read from it until a restart. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError'
  readonly errorCode: number = KAFKA_STORAGE_ERROR
}

/** There was no room to write: nothing more is appended to the log until there is, and it has been reopened. It is read as before. */
export class DiskFullError extends StorageError {
  override readonly name = 'DiskFullError'
}

/** Bytes in a segment that are not the batch they should be. The log stays online: other offsets are still served. */
export class CorruptSegmentError extends StorageError {
  override readonly name: string = 'CorruptSegmentError'
  override readonly errorCode: number = CORRUPT_MESSAGE

  constructor(path: string, position: number, reason: string) {
    super(`Corrupt segment ${path} at byte ${position}: ${reason}`)
  }
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
