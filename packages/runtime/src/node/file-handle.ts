/** An open file by its descriptor. Node's callbacks cost less than its promises, and this is the broker's hot path. */

import type { Stats } from 'node:fs'
import type { FileHandle } from '../files.ts'
import { fs } from './builtins.ts'
import { finished, promised } from './promised.ts'

/**
 * A write of no more than this is done at once: into the page cache it takes 2 to 5 µs, and another thread 85 µs, half of them this one's
 * to wake it. A transaction of ten records is fifteen such writes.
 */
const smallBytes = 16_384

/** When the kernel makes a writer wait, as it does where the disk cannot keep up, other threads do the waiting for a while. */
const stallMs = 5
const asideMs = 1000
/** Of the whole process: all its files wait for the same page cache. */
let asideUntilMs = 0

export class NodeFileHandle implements FileHandle {
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    let done = 0
    while (done < length) {
      const count = await this.#readOnce(target, targetOffset + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    let left: readonly Uint8Array[] = chunks
    let at = position
    while (left.length > 0) {
      const count = isSmall(left) && performance.now() >= asideUntilMs ? this.#writeNow(left, at) : await this.#writeOnce(left, at)
      at += count
      left = withoutFirst(left, count)
    }
  }

  sync(): Promise<void> {
    return finished((done) => fs().fdatasync(this.#descriptor, done))
  }

  truncate(sizeBytes: number): Promise<void> {
    return finished((done) => fs().ftruncate(this.#descriptor, sizeBytes, done))
  }

  async sizeBytes(): Promise<number> {
    const stats = await promised<Stats>((done) => fs().fstat(this.#descriptor, done))
    return stats.size
  }

  close(): Promise<void> {
    return finished((done) => fs().close(this.#descriptor, done))
  }

  #readOnce(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return promised((done) => fs().read(this.#descriptor, target, offset, length, position, done))
  }

  #writeNow(chunks: readonly Uint8Array[], position: number): number {
    const startedMs = performance.now()
    const [first] = chunks
    const count =
      first !== undefined && chunks.length === 1
        ? fs().writeSync(this.#descriptor, first, 0, first.length, position)
        : fs().writevSync(this.#descriptor, chunks, position)
    const endedMs = performance.now()
    if (endedMs - startedMs > stallMs) asideUntilMs = endedMs + asideMs
    return count
  }

  #writeOnce(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return promised((done) => {
      const [first] = chunks
      if (first !== undefined && chunks.length === 1) fs().write(this.#descriptor, first, 0, first.length, position, done)
      else fs().writev(this.#descriptor, chunks, position, done)
    })
  }
}

function isSmall(chunks: readonly Uint8Array[]): boolean {
  let left = smallBytes
  for (const chunk of chunks) left -= chunk.length
  return left >= 0
}

/** The chunks after their first `count` bytes; empty when nothing is left. */
function withoutFirst(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skip = count
  for (const [index, chunk] of chunks.entries()) {
    if (skip < chunk.length) return [chunk.subarray(skip), ...chunks.slice(index + 1)]
    skip -= chunk.length
  }
  return []
}
