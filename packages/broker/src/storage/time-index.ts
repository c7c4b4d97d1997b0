/** The sparse time index of a segment: (largest timestamp so far → last offset of the batch that has it), as `.timeindex` stores it. */

import { readInt64, writeInt64 } from '@odradek/protocol'

export const TIME_INDEX_ENTRY_BYTES = 12
const INITIAL_ENTRIES = 32

export class TimeIndex {
  readonly baseOffset: number
  #timestamps: Float64Array
  #offsets: Int32Array
  #count = 0

  constructor(baseOffset: number, capacity: number = INITIAL_ENTRIES) {
    this.baseOffset = baseOffset
    this.#timestamps = new Float64Array(capacity)
    this.#offsets = new Int32Array(capacity)
  }

  /** Undefined when the bytes cannot be a closed index (torn, preallocated or foreign). */
  static decode(baseOffset: number, data: Buffer): TimeIndex | undefined {
    if (data.length % TIME_INDEX_ENTRY_BYTES !== 0) return undefined
    const count = data.length / TIME_INDEX_ENTRY_BYTES
    const index = new TimeIndex(baseOffset, Math.max(count, INITIAL_ENTRIES))
    let lastTimestamp = Number.NEGATIVE_INFINITY
    let lastOffset = -1
    for (let entry = 0; entry < count; entry++) {
      const timestamp = timestampOf(data, entry * TIME_INDEX_ENTRY_BYTES)
      const offset = data.readInt32BE(entry * TIME_INDEX_ENTRY_BYTES + 8)
      if (timestamp === undefined || timestamp <= lastTimestamp || offset < lastOffset || offset < 0) return undefined
      index.#timestamps[entry] = timestamp
      index.#offsets[entry] = offset
      lastTimestamp = timestamp
      lastOffset = offset
    }
    index.#count = count
    return index
  }

  get entries(): number {
    return this.#count
  }

  /** −1 when empty. */
  get lastTimestamp(): number {
    return this.#count === 0 ? -1 : (this.#timestamps[this.#count - 1] as number)
  }

  /** The base offset when empty. */
  get lastOffset(): number {
    return this.#count === 0 ? this.baseOffset : this.baseOffset + (this.#offsets[this.#count - 1] as number)
  }

  timestampAt(entry: number): number {
    return this.#timestamps[entry] as number
  }

  offsetAt(entry: number): number {
    return this.baseOffset + (this.#offsets[entry] as number)
  }

  /** One entry short of the limit, because rolling adds a last one. */
  isFull(maxBytes: number): boolean {
    return this.#count >= Math.floor(maxBytes / TIME_INDEX_ENTRY_BYTES) - 1
  }

  /** Ignored unless the timestamp is larger than the last entry's. */
  maybeAppend(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp) return
    if (this.#count === this.#timestamps.length) this.#grow()
    this.#timestamps[this.#count] = timestamp
    this.#offsets[this.#count] = offset - this.baseOffset
    this.#count++
  }

  /** The offset up to which every timestamp is at most `timestamp` plus one batch: where a search by time may start. */
  offsetFor(timestamp: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#timestamps[middle] as number) <= timestamp) low = middle + 1
      else high = middle
    }
    return low === 0 ? this.baseOffset : this.offsetAt(low - 1)
  }

  /** Keeps the entries whose offset is at most `offset`. */
  truncateAfter(offset: number): void {
    const relative = offset - this.baseOffset
    while (this.#count > 0 && (this.#offsets[this.#count - 1] as number) > relative) this.#count--
  }

  /** The file's bytes from entry `from` on. */
  encode(from: number): Buffer {
    const data = Buffer.allocUnsafe((this.#count - from) * TIME_INDEX_ENTRY_BYTES)
    for (let entry = from, at = 0; entry < this.#count; entry++, at += TIME_INDEX_ENTRY_BYTES) {
      writeInt64(data, at, this.#timestamps[entry] as number)
      data.writeInt32BE(this.#offsets[entry] as number, at + 8)
    }
    return data
  }

  #grow(): void {
    const timestamps = new Float64Array(this.#timestamps.length * 2)
    const offsets = new Int32Array(this.#offsets.length * 2)
    timestamps.set(this.#timestamps)
    offsets.set(this.#offsets)
    this.#timestamps = timestamps
    this.#offsets = offsets
  }
}

function timestampOf(data: Buffer, at: number): number | undefined {
  try {
    return readInt64(data, at)
  } catch {
    return undefined
  }
}
