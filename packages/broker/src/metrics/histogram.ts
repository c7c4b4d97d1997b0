/** Counts values into buckets whose bounds grow by a fixed ratio: a percentile is right to within 10 %. */

const ratio = 1.2
const smallest = 0.001
const bucketCount = 160
const logRatio = Math.log(ratio)

export class Histogram {
  count = 0
  sum = 0
  max = 0
  readonly #buckets = new Uint32Array(bucketCount)

  record(value: number): void {
    this.count++
    this.sum += value
    if (value > this.max) this.max = value
    const bucket = value <= smallest ? 0 : Math.min(bucketCount - 1, Math.ceil(Math.log(value / smallest) / logRatio))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count
  }

  /** The value that a share of `quantile` (0 to 1) of all values does not exceed; 0 without values. */
  percentile(quantile: number): number {
    const rank = Math.ceil(this.count * quantile)
    if (rank >= this.count) return this.max
    let seen = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#buckets[bucket] ?? 0
      if (seen >= rank && seen > 0) return Math.min(this.max, smallest * ratio ** (bucket - 0.5))
    }
    return this.max
  }
}
