/** Cuts a byte stream into Kafka's length-prefixed frames, without copying those that arrive in one chunk. */

import { ProtocolError } from '../errors/kafka-error.ts'

const SIZE_BYTES = 4

export class FrameSplitter {
  readonly #maxFrameBytes: number
  readonly #size: Buffer = Buffer.alloc(SIZE_BYTES)
  #sizeFilled = 0
  #frame: Buffer | undefined
  #frameFilled = 0

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Calls `onFrame` for each frame that `chunk` completes; frames share its memory where they can. Throws ProtocolError on a size out of bounds. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame !== undefined) {
        at = this.#fill(this.#frame, chunk, at, onFrame)
        continue
      }
      if (this.#sizeFilled > 0 || chunk.length - at < SIZE_BYTES) {
        at = this.#fillSize(chunk, at, onFrame)
        continue
      }
      const sizeBytes = this.#checkedSize(chunk, at)
      at += SIZE_BYTES
      if (chunk.length - at >= sizeBytes) {
        onFrame(chunk.subarray(at, at + sizeBytes))
        at += sizeBytes
      } else {
        this.#frame = Buffer.allocUnsafeSlow(sizeBytes)
      }
    }
  }

  #fill(frame: Buffer, chunk: Buffer, at: number, onFrame: (frame: Buffer) => void): number {
    const count = Math.min(frame.length - this.#frameFilled, chunk.length - at)
    frame.set(count === chunk.length ? chunk : chunk.subarray(at, at + count), this.#frameFilled)
    this.#frameFilled += count
    if (this.#frameFilled === frame.length) {
      this.#frame = undefined
      this.#frameFilled = 0
      onFrame(frame)
    }
    return at + count
  }

  #fillSize(chunk: Buffer, at: number, onFrame: (frame: Buffer) => void): number {
    const count = Math.min(SIZE_BYTES - this.#sizeFilled, chunk.length - at)
    this.#size.set(chunk.subarray(at, at + count), this.#sizeFilled)
    this.#sizeFilled += count
    if (this.#sizeFilled === SIZE_BYTES) {
      const sizeBytes = this.#checkedSize(this.#size, 0)
      this.#sizeFilled = 0
      if (sizeBytes === 0) onFrame(Buffer.alloc(0))
      else this.#frame = Buffer.allocUnsafeSlow(sizeBytes)
    }
    return at + count
  }

  #checkedSize(buffer: Buffer, at: number): number {
    const sizeBytes = buffer.readInt32BE(at)
    if (sizeBytes < 0 || sizeBytes > this.#maxFrameBytes)
      throw new ProtocolError(`A response of ${sizeBytes} bytes; is this a Kafka broker?`)
    return sizeBytes
  }
}
