/** Owns the errors of a simulation: Node-style ones that the simulated system raises, and those that end a run. */

/** An error as Node's own modules raise it: `code` and `syscall`, and `path` where there is one. */
export class SystemError extends Error {
  readonly code: string
  readonly syscall: string
  readonly path: string | undefined

  constructor(code: string, syscall: string, subject: string) {
    super(`${code}: ${syscall} ${subject}`)
    this.code = code
    this.syscall = syscall
    this.path = subject.startsWith('/') ? subject : undefined
  }
}

/** The main promise is unsettled and nothing is left that could settle it. The message lists what is pending. */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError'
}

/** The run used up its virtual time or its events. The message lists what is pending. */
export class RunLimitError extends Error {
  override readonly name = 'RunLimitError'
}
