/** The error of a history that cannot be judged. */

export class HistoryError extends Error {
  override readonly name = 'HistoryError'
  /** Number of the event, from 1: its line in a file. */
  readonly line: number

  constructor(line: number, message: string) {
    super(`event ${line}: ${message}`)
    this.line = line
  }
}
