/** Splits a stream of bytes into lines: `\n` or `\r\n` ends one, the last may lack it. */

export class LineSplitter {
  #partial: Uint8Array[] = []
  #partialBytes = 0
  readonly #maxLineBytes: number

  /** A line longer than `maxLineBytes` makes `split` throw RangeError. */
  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** The lines that `chunk` completes; views of it where they lie within it. */
  split(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      lines.push(withoutCarriageReturn(this.#complete(chunk.subarray(start, end))))
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  /** What follows the last line end, if anything does. */
  end(): Buffer | undefined {
    return this.#partialBytes === 0 ? undefined : withoutCarriageReturn(this.#complete(Buffer.alloc(0)))
  }

  #complete(tail: Buffer): Buffer {
    if (this.#partialBytes === 0) return tail
    const line = Buffer.concat([...this.#partial, tail])
    this.#partial = []
    this.#partialBytes = 0
    return line
  }

  #keep(rest: Buffer): void {
    this.#partial.push(rest)
    this.#partialBytes += rest.length
    if (this.#partialBytes > this.#maxLineBytes) throw new RangeError(`longer than ${this.#maxLineBytes} bytes`)
  }
}

function withoutCarriageReturn(line: Buffer): Buffer {
  return line[line.length - 1] === 13 ? line.subarray(0, -1) : line
}
