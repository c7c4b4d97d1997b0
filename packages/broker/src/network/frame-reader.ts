/** Cuts a byte stream into frames: a 4-byte size, then that many bytes. A frame within one chunk is not copied. */

export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const sizeBytes = 4

export class FrameReader {
  readonly #maxFrameBytes: number
  /** What has arrived and is not part of a frame yet; `#offset` is where it starts in the first chunk. */
  readonly #chunks: Buffer[] = []
  #offset = 0
  #bufferedBytes = 0

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bufferedBytes += chunk.length
  }

  /** The next frame without its size; undefined until all of it has arrived. Throws FrameError for a size that no request has. */
  next(): Buffer | undefined {
    if (this.#bufferedBytes < sizeBytes) return undefined
    const size = this.#peekSize()
    if (size < 0 || size > this.#maxFrameBytes) throw new FrameError(`frame of ${size} bytes; at most ${this.#maxFrameBytes} are accepted`)
    if (this.#bufferedBytes < sizeBytes + size) return undefined
    this.#take(sizeBytes)
    return this.#take(size)
  }

  #peekSize(): number {
    const first = this.#chunks[0]
    if (first !== undefined && first.length - this.#offset >= sizeBytes) return first.readInt32BE(this.#offset)
    let size = 0
    let offset = this.#offset
    let seen = 0
    for (const chunk of this.#chunks) {
      for (; offset < chunk.length && seen < sizeBytes; offset++, seen++) size = (size << 8) | (chunk[offset] ?? 0)
      offset = 0
    }
    return size
  }

  #take(length: number): Buffer {
    this.#bufferedBytes -= length
    const first = this.#chunks[0]
    if (first === undefined) return Buffer.alloc(0)
    const available = first.length - this.#offset
    if (available > length) {
      const taken = first.subarray(this.#offset, this.#offset + length)
      this.#offset += length
      return taken
    }
    if (available === length) {
      const taken = first.subarray(this.#offset)
      this.#dropFirst()
      return taken
    }
    return this.#gather(length)
  }

  #gather(length: number): Buffer {
    const gathered = Buffer.allocUnsafeSlow(length)
    let filled = 0
    while (filled < length) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) break
      const copied = chunk.copy(gathered, filled, this.#offset)
      filled += copied
      this.#offset += copied
      if (this.#offset === chunk.length) this.#dropFirst()
    }
    return gathered
  }

  #dropFirst(): void {
    this.#chunks.shift()
    this.#offset = 0
  }
}
