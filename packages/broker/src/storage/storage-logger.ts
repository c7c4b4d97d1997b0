/** Where storage reports what an operator should know. */

export interface StorageLogger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
