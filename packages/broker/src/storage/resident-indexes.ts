/** Bounds how many closed segments keep their indexes in memory; the longest unused are dropped and read again when needed. */

import type { Segment } from './segment.ts'

export class ResidentIndexes {
  readonly #maxSegments: number
  /** In order of last use. */
  readonly #segments = new Set<Segment>()

  constructor(maxSegments: number) {
    this.#maxSegments = maxSegments
  }

  /** Notes a use of a closed segment whose index files are complete. Never call it with an active segment. */
  touch(segment: Segment): void {
    this.#segments.delete(segment)
    this.#segments.add(segment)
    if (this.#segments.size <= this.#maxSegments) return
    for (const oldest of this.#segments) {
      oldest.indexes = undefined
      this.#segments.delete(oldest)
      return
    }
  }

  forget(segment: Segment): void {
    this.#segments.delete(segment)
  }
}
