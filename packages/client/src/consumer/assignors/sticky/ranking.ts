/** Members in ascending order of how much they have, then by id. */

import { compare } from '../assignor.ts'

export class Ranking {
  readonly #sizeOf: (memberId: string) => number
  readonly #members: string[] = []

  constructor(memberIds: Iterable<string>, sizeOf: (memberId: string) => number) {
    this.#sizeOf = sizeOf
    for (const memberId of memberIds) this.add(memberId)
  }

  /** To be taken out before its size changes. */
  delete(memberId: string): void {
    const index = this.#search(memberId)
    if (this.#members[index] === memberId) this.#members.splice(index, 1)
  }

  add(memberId: string): void {
    const index = this.#search(memberId)
    if (this.#members[index] !== memberId) this.#members.splice(index, 0, memberId)
  }

  get ascending(): readonly string[] {
    return this.#members
  }

  /** Sizes differ by one at most. */
  get isLevel(): boolean {
    return this.#sizeAt(0) >= this.#sizeAt(this.#members.length - 1) - 1
  }

  get largest(): number {
    return this.#sizeAt(this.#members.length - 1)
  }

  #sizeAt(index: number): number {
    const memberId = this.#members[index]
    return memberId === undefined ? 0 : this.#sizeOf(memberId)
  }

  #search(memberId: string): number {
    let low = 0
    let high = this.#members.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#members[middle] ?? ''
      if ((this.#sizeOf(other) - this.#sizeOf(memberId) || compare(other, memberId)) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
