/** Latencies in whole milliseconds, counted by value: exact percentiles in bounded memory. */

const longestMs = 60_000

export class Latencies {
  readonly #counts = new Uint32Array(longestMs + 1)
  #count = 0
  #totalMs = 0
  #maxMs = 0

  /** Longer ones than a minute count as a minute in the percentiles. */
  add(latencyMs: number): void {
    const bucket = Math.min(longestMs, Math.floor(latencyMs))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#count += 1
    this.#totalMs += latencyMs
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs
  }

  get averageMs(): number {
    return this.#count === 0 ? 0 : this.#totalMs / this.#count
  }

  get maxMs(): number {
    return this.#maxMs
  }

  /** `fraction` from 0 to 1. */
  percentileMs(fraction: number): number {
    const wanted = Math.ceil(this.#count * fraction)
    let seen = 0
    for (let bucket = 0; bucket <= longestMs; bucket++) {
      seen += this.#counts[bucket] ?? 0
      if (seen >= wanted) return bucket
    }
    return longestMs
  }
}
