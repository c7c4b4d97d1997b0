/**
 * Where records without a key go: one partition at a time, for the sake of full batches. Which one is next is even over time, or by inverse queue
 * size when it is adaptive (KIP-794): a partition whose batches pile up gets less, one whose broker takes nothing gets nothing.
 */

import type { Random } from '@odradek/runtime'

/** What is known of the partitions now. */
export interface PartitionLoads {
  /** Batches that wait for a partition. */
  waiting(partition: number): number
  /** False: its broker has taken nothing for `partitioner.availability.timeout.ms`. */
  isTaken(partition: number): boolean
}

export interface StickyOptions {
  readonly random: Random
  /** What goes to a partition before the next, provided that its batch is full by then; twice as much in any case. */
  readonly switchBytes: number
  /** `partitioner.adaptive.partitioning.enable`. */
  readonly isAdaptive: boolean
}

export class StickyPartition {
  readonly #options: StickyOptions
  readonly #loads: PartitionLoads
  /** By partition, by how much it has had less than its share, in turns. */
  readonly #credits: number[] = []
  #current = -1
  #bytes = 0

  constructor(options: StickyOptions, loads: PartitionLoads) {
    this.#options = options
    this.#loads = loads
  }

  /** The partition whose turn it is; −1 before the first. */
  get current(): number {
    return this.#current
  }

  /** Whether anything went to the chosen partition in its turn. */
  get hasRecords(): boolean {
    return this.#bytes > 0
  }

  /** One of `available`, or of all `count` when none is available. */
  choose(available: readonly number[], count: number): number {
    if (this.#current < 0 || this.#current >= count || this.#bytes >= 2 * this.#options.switchBytes) this.rotate(available, count)
    return this.#current
  }

  /** Counts what went to the chosen partition, records with a key included. */
  sent(bytes: number): void {
    this.#bytes += bytes
  }

  /** The chosen partition has had its turn; returns the next. */
  rotate(available: readonly number[], count: number): number {
    const all = available.length > 0 ? available : Array.from({ length: count }, (_, partition) => partition)
    const taken = this.#options.isAdaptive ? all.filter((partition) => this.#loads.isTaken(partition)) : all
    this.#current = this.#next(taken.length > 0 ? taken : all)
    this.#bytes = 0
    return this.#current
  }

  /** Each partition earns by its weight; the one with the most pays for a turn. Nobody's share is left to chance. */
  #next(candidates: readonly number[]): number {
    const weights = this.#weights(candidates)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    let best = candidates[0] as number
    for (const [index, partition] of candidates.entries()) {
      const credit = (this.#credits[partition] ?? this.#options.random.next()) + (weights[index] as number) / total
      this.#credits[partition] = credit
      if (credit > (this.#credits[best] ?? 0)) best = partition
    }
    this.#credits[best] = (this.#credits[best] ?? 0) - 1
    return best
  }

  #weights(candidates: readonly number[]): readonly number[] {
    if (!this.#options.isAdaptive) return candidates.map(() => 1)
    const sizes = candidates.map((partition) => this.#loads.waiting(partition))
    const most = Math.max(...sizes)
    return sizes.map((size) => most + 1 - size)
  }
}
