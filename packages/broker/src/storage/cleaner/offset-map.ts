/** The last offset of each key in the dirty part of a log. Keys are told apart by 128 bits of hash; the memory is bounded, and grows as needed. */

import type { Random } from '@odradek/runtime'

import { hashKey, keyHash } from './key-hash.ts'

/** Four words of hash and an offset. */
export const SLOT_BYTES = 24
const INITIAL_SLOTS = 1024
/** Up to its limit the table grows before searches get long. */
const GROWTH_LOAD = 0.5

export class OffsetMap {
  readonly #seeds: Int32Array
  readonly #maxEntries: number
  readonly #maxSlots: number
  #slots: number
  #hashes: Int32Array
  /** Plus one, so that 0 is an empty slot. */
  #offsets: Float64Array
  #size = 0
  /** The last offset that was looked at, whether its key was taken or not; −1 before the first. */
  latestOffset = -1

  /** `bytes` bounds the memory; of its slots a share of `loadFactor` is used. */
  constructor(random: Random, bytes: number, loadFactor: number) {
    this.#maxSlots = Math.max(2, Math.floor(bytes / SLOT_BYTES))
    this.#maxEntries = Math.max(1, Math.min(this.#maxSlots - 1, Math.floor(this.#maxSlots * loadFactor)))
    this.#slots = Math.min(INITIAL_SLOTS, this.#maxSlots)
    this.#hashes = new Int32Array(this.#slots * 4)
    this.#offsets = new Float64Array(this.#slots)
    this.#seeds = Int32Array.from({ length: 4 }, () => random.int(2 ** 31))
  }

  get size(): number {
    return this.#size
  }

  /** No new key may be put. */
  get isFull(): boolean {
    return this.#size >= this.#maxEntries
  }

  /** The key of `length` bytes at `start` was last seen at `offset`. */
  put(buffer: Buffer, start: number, length: number, offset: number): void {
    if (this.#slots < this.#maxSlots && this.#size >= this.#slots * GROWTH_LOAD) this.#grow()
    hashKey(buffer, start, length, this.#seeds)
    const slot = this.#slotOf(keyHash, 0)
    if (this.#offsets[slot] === 0) {
      this.#hashes.set(keyHash, slot * 4)
      this.#size++
    }
    this.#offsets[slot] = offset + 1
    this.latestOffset = offset
  }

  /** −1 when the key was not put. */
  get(buffer: Buffer, start: number, length: number): number {
    hashKey(buffer, start, length, this.#seeds)
    return (this.#offsets[this.#slotOf(keyHash, 0)] as number) - 1
  }

  /** Everything up to `offset` has been looked at. */
  advance(offset: number): void {
    if (offset > this.latestOffset) this.latestOffset = offset
  }

  /** Where the hash at `at` in `hashes` is, or would be. At least one slot is empty. */
  #slotOf(hashes: Int32Array, at: number): number {
    let slot = (((hashes[at] as number) >>> 0) + ((hashes[at + 1] as number) >>> 0) * 3) % this.#slots
    while (this.#offsets[slot] !== 0 && !this.#isAt(slot, hashes, at)) slot = slot + 1 === this.#slots ? 0 : slot + 1
    return slot
  }

  #isAt(slot: number, hashes: Int32Array, at: number): boolean {
    const own = this.#hashes
    const first = slot * 4
    return (
      own[first] === hashes[at] &&
      own[first + 1] === hashes[at + 1] &&
      own[first + 2] === hashes[at + 2] &&
      own[first + 3] === hashes[at + 3]
    )
  }

  #grow(): void {
    const hashes = this.#hashes
    const offsets = this.#offsets
    this.#slots = Math.min(this.#slots * 2, this.#maxSlots)
    this.#hashes = new Int32Array(this.#slots * 4)
    this.#offsets = new Float64Array(this.#slots)
    for (let from = 0; from < offsets.length; from++) {
      if (offsets[from] === 0) continue
      const slot = this.#slotOf(hashes, from * 4)
      this.#hashes.set(hashes.subarray(from * 4, from * 4 + 4), slot * 4)
      this.#offsets[slot] = offsets[from] as number
    }
  }
}
