/** The sparse offset index of a segment: (last offset of a batch → where the batch starts), as `.index` stores it. */

export const OFFSET_INDEX_ENTRY_BYTES = 8
const INITIAL_ENTRIES = 32

export class OffsetIndex {
  readonly baseOffset: number
  #offsets: Int32Array
  #positions: Int32Array
  #count = 0

  constructor(baseOffset: number, capacity: number = INITIAL_ENTRIES) {
    this.baseOffset = baseOffset
    this.#offsets = new Int32Array(capacity)
    this.#positions = new Int32Array(capacity)
  }

  /** Undefined when the bytes cannot be a closed index of a log file of `logBytes` (torn, preallocated or foreign). */
  static decode(baseOffset: number, data: Buffer, logBytes: number): OffsetIndex | undefined {
    if (data.length % OFFSET_INDEX_ENTRY_BYTES !== 0) return undefined
    const count = data.length / OFFSET_INDEX_ENTRY_BYTES
    const index = new OffsetIndex(baseOffset, Math.max(count, INITIAL_ENTRIES))
    let lastOffset = -1
    let lastPosition = -1
    for (let entry = 0; entry < count; entry++) {
      const offset = data.readInt32BE(entry * OFFSET_INDEX_ENTRY_BYTES)
      const position = data.readInt32BE(entry * OFFSET_INDEX_ENTRY_BYTES + 4)
      if (offset <= lastOffset || position <= lastPosition || position >= logBytes) return undefined
      index.#offsets[entry] = offset
      index.#positions[entry] = position
      lastOffset = offset
      lastPosition = position
    }
    index.#count = count
    return index
  }

  get entries(): number {
    return this.#count
  }

  /** −1 when empty. */
  get lastOffset(): number {
    return this.#count === 0 ? -1 : this.offsetAt(this.#count - 1)
  }

  offsetAt(entry: number): number {
    return this.baseOffset + (this.#offsets[entry] as number)
  }

  positionAt(entry: number): number {
    return this.#positions[entry] as number
  }

  isFull(maxBytes: number): boolean {
    return this.#count >= Math.floor(maxBytes / OFFSET_INDEX_ENTRY_BYTES)
  }

  append(offset: number, position: number): void {
    if (this.#count === this.#offsets.length) this.#grow()
    this.#offsets[this.#count] = offset - this.baseOffset
    this.#positions[this.#count] = position
    this.#count++
  }

  /** The last entry whose offset is at most `offset`; −1 when there is none. */
  floorEntry(offset: number): number {
    const relative = offset - this.baseOffset
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#offsets[middle] as number) <= relative) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Where to start reading to find `offset`: 0 when no entry lies before it. */
  positionFor(offset: number): number {
    const entry = this.floorEntry(offset)
    return entry < 0 ? 0 : this.positionAt(entry)
  }

  /** Keeps the first `entries`. */
  truncate(entries: number): void {
    this.#count = Math.min(this.#count, entries)
  }

  /** The file's bytes from entry `from` on. */
  encode(from: number): Buffer {
    const data = Buffer.allocUnsafe((this.#count - from) * OFFSET_INDEX_ENTRY_BYTES)
    for (let entry = from, at = 0; entry < this.#count; entry++, at += OFFSET_INDEX_ENTRY_BYTES) {
      data.writeInt32BE(this.#offsets[entry] as number, at)
      data.writeInt32BE(this.#positions[entry] as number, at + 4)
    }
    return data
  }

  #grow(): void {
    const offsets = new Int32Array(this.#offsets.length * 2)
    const positions = new Int32Array(this.#positions.length * 2)
    offsets.set(this.#offsets)
    positions.set(this.#positions)
    this.#offsets = offsets
    this.#positions = positions
  }
}
