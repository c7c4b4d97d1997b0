/** One line on a terminal that is redrawn in place. On anything else it writes nothing. */

const redrawMs = 200

export interface TerminalStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export class ProgressLine implements Disposable {
  readonly #stream: TerminalStream
  readonly #render: () => string
  readonly #timer: NodeJS.Timeout | undefined

  /** Calls `render` five times a second until it is disposed of. */
  constructor(render: () => string, stream: TerminalStream = process.stderr) {
    this.#stream = stream
    this.#render = render
    if (stream.isTTY === true) this.#timer = setInterval(() => this.#draw(), redrawMs).unref()
  }

  /** Writes a line that stays, above the one that is redrawn. */
  say(message: string): void {
    this.#clear()
    this.#stream.write(`${message}\n`)
    if (this.#timer !== undefined) this.#draw()
  }

  /** Leaves nothing behind. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#clear()
  }

  #draw(): void {
    this.#clear()
    // A line that wraps could not be cleared.
    this.#stream.write(this.#render().slice(0, (this.#stream.columns ?? 80) - 1))
  }

  #clear(): void {
    if (this.#timer !== undefined) this.#stream.write('\r\u001B[K')
  }
}
