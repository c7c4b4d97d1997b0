/** An open file by its descriptor. Node's callbacks cost less than its promises, and this is the broker's hot path. */

import type { FileHandle } from '../files.ts'
import { fs } from './builtins.ts'

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
      const count = await this.#writeOnce(left, at)
      at += count
      left = withoutFirst(left, count)
    }
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => fs().fdatasync(this.#descriptor, settle(resolve, reject)))
  }

  truncate(sizeBytes: number): Promise<void> {
    return new Promise((resolve, reject) => fs().ftruncate(this.#descriptor, sizeBytes, settle(resolve, reject)))
  }

  sizeBytes(): Promise<number> {
    return new Promise((resolve, reject) =>
      fs().fstat(this.#descriptor, (error, stats) => (error === null ? resolve(stats.size) : reject(error))),
    )
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => fs().close(this.#descriptor, settle(resolve, reject)))
  }

  #readOnce(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) =>
      fs().read(this.#descriptor, target, offset, length, position, (error, count) => (error === null ? resolve(count) : reject(error))),
    )
  }

  #writeOnce(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, count: number): void => (error === null ? resolve(count) : reject(error))
      const [first] = chunks
      if (first !== undefined && chunks.length === 1) fs().write(this.#descriptor, first, 0, first.length, position, done)
      else fs().writev(this.#descriptor, chunks, position, done)
    })
  }
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

function settle(resolve: () => void, reject: (error: Error) => void): (error: Error | null) => void {
  return (error) => (error === null ? resolve() : reject(error))
}
