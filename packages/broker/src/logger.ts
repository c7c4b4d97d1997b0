/** What the broker says to whoever runs it: one line an event. The caller of `startBroker` decides where lines go. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface Logger {
  log(level: LogLevel, message: string): void
}

export const silentLogger: Logger = { log: () => undefined }
