/** The aborted transactions whose markers lie in a segment, as `.txnindex` stores them. */

import { readInt64, writeInt64 } from '@odradek/protocol'

export const TRANSACTION_INDEX_ENTRY_BYTES = 34
const CURRENT_VERSION = 0

export interface AbortedTransactionEntry {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  /** The last stable offset once the marker was written: no transaction that ends later starts before it. */
  readonly lastStableOffset: number
}

export class TransactionIndex {
  readonly #entries: AbortedTransactionEntry[] = []

  /** Undefined when the bytes cannot be a complete index of a segment that starts at `baseOffset`. */
  static decode(baseOffset: number, data: Buffer): TransactionIndex | undefined {
    if (data.length % TRANSACTION_INDEX_ENTRY_BYTES !== 0) return undefined
    const index = new TransactionIndex()
    let lastOffset = -1
    for (let at = 0; at < data.length; at += TRANSACTION_INDEX_ENTRY_BYTES) {
      const entry = decodeEntry(data, at)
      if (entry === undefined || entry.lastOffset < baseOffset || entry.lastOffset <= lastOffset) return undefined
      lastOffset = entry.lastOffset
      index.#entries.push(entry)
    }
    return index
  }

  get entries(): number {
    return this.#entries.length
  }

  /** The entries from `at` on, in order. */
  from(at: number): readonly AbortedTransactionEntry[] {
    return this.#entries.slice(at)
  }

  append(entry: AbortedTransactionEntry): void {
    this.#entries.push(entry)
  }

  /**
   * Adds the transactions that overlap [fetchOffset, upperBoundOffset) to `found`. False when later segments need not be searched,
   * because everything below the bound was stable by the time of an entry here.
   */
  collect(fetchOffset: number, upperBoundOffset: number, found: AbortedTransactionEntry[]): boolean {
    for (const entry of this.#entries) {
      if (entry.lastOffset >= fetchOffset && entry.firstOffset < upperBoundOffset) found.push(entry)
      if (entry.lastStableOffset >= upperBoundOffset) return false
    }
    return true
  }

  /** Keeps the transactions that ended before `offset`. */
  truncateFrom(offset: number): void {
    while (this.#entries.length > 0 && (this.#entries[this.#entries.length - 1] as AbortedTransactionEntry).lastOffset >= offset) {
      this.#entries.pop()
    }
  }

  /** The file's bytes from entry `from` on. */
  encode(from: number): Buffer {
    const data = Buffer.allocUnsafe((this.#entries.length - from) * TRANSACTION_INDEX_ENTRY_BYTES)
    for (let entry = from, at = 0; entry < this.#entries.length; entry++, at += TRANSACTION_INDEX_ENTRY_BYTES) {
      const { producerId, firstOffset, lastOffset, lastStableOffset } = this.#entries[entry] as AbortedTransactionEntry
      data.writeInt16BE(CURRENT_VERSION, at)
      writeInt64(data, at + 2, producerId)
      writeInt64(data, at + 10, firstOffset)
      writeInt64(data, at + 18, lastOffset)
      writeInt64(data, at + 26, lastStableOffset)
    }
    return data
  }
}

function decodeEntry(data: Buffer, at: number): AbortedTransactionEntry | undefined {
  if (data.readInt16BE(at) !== CURRENT_VERSION) return undefined
  try {
    return {
      producerId: readInt64(data, at + 2),
      firstOffset: readInt64(data, at + 10),
      lastOffset: readInt64(data, at + 18),
      lastStableOffset: readInt64(data, at + 26),
    }
  } catch {
    return undefined
  }
}
