/**
 * Where records without a key go (KIP-794): one partition at a time, until a batch is full or `batch.size` bytes went there, then another.
 * The turns are random permutations, so that every partition gets its share soon.
 */

import type { Random } from '@odradek/runtime'

export class StickyPartition {
  readonly #random: Random
  readonly #switchBytes: number
  #turn: number[] = []
  #current = -1
  #bytes = 0

  constructor(random: Random, switchBytes: number) {
    this.#random = random
    this.#switchBytes = Math.max(1, switchBytes)
  }

  /** One of `available`, or of all `count` when none is available. */
  choose(available: readonly number[], count: number): number {
    if (this.#current < 0 || this.#bytes >= this.#switchBytes || this.#current >= count) this.#advance(available, count)
    return this.#current
  }

  /** Counts what went to the chosen partition. */
  sent(bytes: number): void {
    this.#bytes += bytes
  }

  /** The chosen partition's batch is full: the next record goes elsewhere. */
  rotate(): void {
    this.#bytes = this.#switchBytes
  }

  #advance(available: readonly number[], count: number): void {
    this.#bytes = 0
    for (;;) {
      const next = this.#turn.pop()
      if (next !== undefined && next < count && (available.length === 0 || available.includes(next))) {
        this.#current = next
        return
      }
      if (next === undefined)
        this.#turn = shuffled(available.length > 0 ? available : Array.from({ length: count }, (_, index) => index), this.#random)
    }
  }
}

function shuffled(values: readonly number[], random: Random): number[] {
  const result = [...values]
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const value = result[i] as number
    result[i] = result[j] as number
    result[j] = value
  }
  return result
}
