/** Owns the record of what happened: the last entries in full, and a hash over all of them. */

import { hash32 } from './random-stream.ts'

export interface TraceEntry {
  readonly atUs: number
  readonly host: string
  readonly what: string
  /** A size, a port, a checksum: whatever tells two runs apart that otherwise look alike. */
  readonly detail: number
}

export class Trace {
  readonly #capacity: number
  readonly #ring: TraceEntry[] = []
  readonly #names = new Map<string, number>()
  #count = 0
  #high = 0x811c9dc5
  #low = 0x9e3779b9

  /** Keeps the last `capacity` entries for printing; the hash covers all. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get count(): number {
    return this.#count
  }

  add(atUs: number, host: string, what: string, detail: number): void {
    this.#ring[this.#count % this.#capacity] = { atUs, host, what, detail }
    this.#count++
    this.#mix(atUs | 0)
    this.#mix(Math.floor(atUs / 0x100000000))
    this.#mix(this.#nameHash(host))
    this.#mix(this.#nameHash(what))
    this.#mix(detail | 0)
  }

  /** Equal for two runs when, and in practice only when, they did the same things at the same times. */
  hash(): string {
    return this.#high.toString(16).padStart(8, '0') + this.#low.toString(16).padStart(8, '0')
  }

  /** The entries still held, oldest first. */
  entries(): TraceEntry[] {
    if (this.#count <= this.#capacity) return [...this.#ring]
    const start = this.#count % this.#capacity
    return [...this.#ring.slice(start), ...this.#ring.slice(0, start)]
  }

  /** One line an entry: seconds, host, what, detail. */
  lines(): string[] {
    return this.entries().map((entry) => `${(entry.atUs / 1e6).toFixed(6)} ${entry.host} ${entry.what} ${entry.detail}`)
  }

  #nameHash(name: string): number {
    let hash = this.#names.get(name)
    if (hash === undefined) {
      hash = hash32(name, 0x811c9dc5)
      this.#names.set(name, hash)
    }
    return hash
  }

  #mix(word: number): void {
    this.#high = Math.imul(this.#high ^ word, 0x01000193) >>> 0
    const spun = Math.imul(this.#low ^ word, 0x85ebca6b)
    this.#low = (spun ^ (spun >>> 15)) >>> 0
  }
}
