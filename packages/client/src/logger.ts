/** Where a client says what its user should know and no call can return. */

export interface Logger {
  /** One line, for a person. */
  warn(message: string): void
}

/** Node's own channel for warnings: on stderr unless `--no-warnings`, and as `process.on('warning')`. */
export const processWarnings: Logger = {
  warn(message) {
    process.emitWarning(message, 'KafkaWarning')
  },
}
