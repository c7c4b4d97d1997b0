/**
 * Owns seeded randomness. Each consumer draws from a stream of its own, derived from the seed and the consumer's name,
 * so that a new consumer in one place does not shift what the others draw.
 */

import type { Random } from '../random.ts'

/** The small fast counter generator (sfc32): 128 bits of state, passes PractRand, a few integer operations a draw. */
export class RandomStream implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, name: string) {
    let state = hash32(`${seed}/${name}`, 0x811c9dc5)
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0
      let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
      return mixed ^ (mixed >>> 16)
    }
    this.#a = next()
    this.#b = next()
    this.#c = hash32(name, seed | 0)
    for (let round = 0; round < 12; round++) this.#draw()
  }

  next(): number {
    // 53 bits, as Math.random has.
    return ((this.#draw() >>> 5) * 0x4000000 + (this.#draw() >>> 6)) / 0x20000000000000
  }

  int(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index++) bytes[index] = this.#draw() & 0xff
    return bytes
  }

  uuid(): string {
    const bytes = Buffer.from(this.bytes(16))
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    const hex = bytes.toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  /** True with the given probability. Draws even when the answer is certain, so that streams keep step across settings. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** A float within the range, its upper bound excluded. */
  within(range: Range): number {
    return range.min + this.next() * (range.max - range.min)
  }

  #draw(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum
  }
}

/** Both bounds in the unit of the option's name. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** FNV-1a over UTF-16 units. */
export function hash32(text: string, basis: number): number {
  let hash = basis
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
