/** The one error that commands, queries and shards fail with: a Kafka error code for the response. */

export class CoordinatorError extends Error {
  override readonly name = 'CoordinatorError'
  readonly code: number

  /** `code` is Kafka's error code; `message` goes into responses that have room for one. */
  constructor(code: number, message?: string) {
    super(message ?? `coordinator error ${code}`)
    this.code = code
  }
}
