/** Cuts a byte stream into Kafka's frames, their four-byte size included. */

const SIZE_BYTES = 4
const MAX_FRAME_BYTES = 256 * 1024 * 1024

export class FrameSplitter {
  #chunks: Buffer[] = []
  #heldBytes = 0

  /** The frames that `chunk` completes. Throws RangeError when the stream is not Kafka's. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes < this.#neededBytes()) return []
    let rest = Buffer.concat(this.#chunks)
    const frames: Buffer[] = []
    while (rest.length >= frameBytes(rest)) {
      frames.push(rest.subarray(0, frameBytes(rest)))
      rest = rest.subarray(frameBytes(rest))
    }
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#heldBytes = rest.length
    return frames
  }

  #neededBytes(): number {
    const [first] = this.#chunks
    return first === undefined ? SIZE_BYTES : frameBytes(first)
  }
}

/** What it takes to have the frame at the start of the buffer; of a size that is not there yet, the size. */
function frameBytes(buffer: Buffer): number {
  if (buffer.length < SIZE_BYTES) return SIZE_BYTES
  const size = buffer.readInt32BE(0)
  if (size < SIZE_BYTES || size > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${size} bytes is not Kafka's protocol`)
  return SIZE_BYTES + size
}
