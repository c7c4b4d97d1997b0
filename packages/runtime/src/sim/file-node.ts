/**
 * Owns one file's bytes twice over: as every process sees them (the page cache) and as the platter has them. A write reaches the
 * cache alone; a sync, or the kernel's own write-back after a while, carries it to the platter; power loss makes the platter the truth,
 * after deciding for each write still on its way whether it arrived whole, in part or not at all.
 */

import type { RandomStream } from './random-stream.ts'

type DataChange =
  | { readonly atUs: number; readonly position: number; readonly bytes: Buffer }
  | { readonly atUs: number; readonly sizeBytes: number }

export interface PowerLossDamage {
  readonly lostCount: number
  readonly tornCount: number
}

/** Of the writes on their way at power loss, this share tears. The rest arrives or is lost with equal chance. */
const TEAR_PROBABILITY = 0.2

export class FileNode {
  readonly #cache = new Image()
  readonly #platter = new Image()
  #unsynced: DataChange[] = []
  /** Changes made so far: names a moment in the file's history. */
  #changeCount = 0
  /** Directory entries that point here; zero once removed. */
  linkCount = 0
  modifiedMs: number

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs
  }

  get sizeBytes(): number {
    return this.#cache.sizeBytes
  }

  get changeCount(): number {
    return this.#changeCount
  }

  get isDirty(): boolean {
    return this.#unsynced.length > 0
  }

  /** Copies up to `target.length` bytes and returns how many. */
  read(target: Uint8Array, position: number): number {
    return this.#cache.read(target, position)
  }

  write(bytes: Buffer, position: number, atUs: number): void {
    this.#change({ atUs, position, bytes })
  }

  truncate(sizeBytes: number, atUs: number): void {
    this.#change({ atUs, sizeBytes })
  }

  /** Makes durable what was changed before `changeCount` had that value. */
  syncUpTo(changeCount: number): void {
    this.#settle(changeCount - (this.#changeCount - this.#unsynced.length))
  }

  /** Makes durable what was changed before `atUs`. */
  writeBackBefore(atUs: number): void {
    let count = 0
    while ((this.#unsynced[count]?.atUs ?? Number.POSITIVE_INFINITY) < atUs) count++
    this.#settle(count)
  }

  /** As Linux after a failed fsync: the pages count as clean, and what they hold never reaches the platter. */
  forgetUnsynced(): void {
    this.#unsynced = []
  }

  losePower(random: RandomStream): PowerLossDamage {
    let lostCount = 0
    let tornCount = 0
    for (const change of this.#unsynced) {
      const fate = random.next()
      if (fate < TEAR_PROBABILITY && 'bytes' in change && change.bytes.length > 1) {
        apply(this.#platter, { ...change, bytes: change.bytes.subarray(0, 1 + random.int(change.bytes.length - 1)) })
        tornCount++
      } else if (fate < (1 + TEAR_PROBABILITY) / 2) {
        lostCount++
      } else {
        apply(this.#platter, change)
      }
    }
    this.#unsynced = []
    this.#cache.become(this.#platter)
    return { lostCount, tornCount }
  }

  /** Inverts one bit, in the cache and on the platter. */
  flipBit(position: number, bit: number): void {
    this.#cache.flipBit(position, bit)
    this.#platter.flipBit(position, bit)
  }

  #change(change: DataChange): void {
    apply(this.#cache, change)
    this.#unsynced.push(change)
    this.#changeCount++
  }

  #settle(count: number): void {
    if (count <= 0) return
    for (const change of this.#unsynced.splice(0, count)) apply(this.#platter, change)
  }
}

function apply(image: Image, change: DataChange): void {
  if ('bytes' in change) image.write(change.bytes, change.position)
  else image.truncate(change.sizeBytes)
}

/** The bytes of a file in one place. Gaps read as zeros. */
class Image {
  #buffer: Buffer = Buffer.alloc(0)
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.#sizeBytes, position + target.length)
    if (end <= position) return 0
    target.set(this.#buffer.subarray(position, end))
    return end - position
  }

  write(bytes: Buffer, position: number): void {
    const end = position + bytes.length
    this.#reserve(end)
    this.#buffer.set(bytes, position)
    if (end > this.#sizeBytes) this.#sizeBytes = end
  }

  truncate(sizeBytes: number): void {
    this.#reserve(sizeBytes)
    if (sizeBytes < this.#sizeBytes) this.#buffer.fill(0, sizeBytes, this.#sizeBytes)
    this.#sizeBytes = sizeBytes
  }

  flipBit(position: number, bit: number): void {
    if (position < this.#sizeBytes) this.#buffer[position] = (this.#buffer[position] ?? 0) ^ (1 << bit)
  }

  become(other: Image): void {
    this.#buffer = Buffer.from(other.#buffer)
    this.#sizeBytes = other.#sizeBytes
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#buffer.length) return
    const grown = Buffer.alloc(Math.max(sizeBytes, this.#buffer.length * 2))
    this.#buffer.copy(grown)
    this.#buffer = grown
  }
}
