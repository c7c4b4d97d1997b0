/** Where the numbering stands of partitions that have been idle for long: numbers that stand for other records already are not given again. */

import { partitionKey } from '../topic-partition.ts'

/** Some 2 MB. */
const MAX_PARTITIONS = 10_000

/** The sequence of the next record, which holds under one identity of the producer. */
export interface Numbering {
  readonly generation: number
  readonly nextSequence: number
}

export class RestingSequences {
  readonly #onFull: (() => void) | undefined
  readonly #nextSequences = new Map<string, number>()
  /** Under an earlier one nothing is numbered any more. */
  #generation = -1

  /** `onFull` is to see to a new epoch, under which all starts at 0; without it there is no limit, as in Java. */
  constructor(onFull?: () => void) {
    this.#onFull = onFull
  }

  get size(): number {
    return this.#nextSequences.size
  }

  keep(topic: string, partition: number, { generation, nextSequence }: Numbering): void {
    if (generation < 0 || generation < this.#generation) return
    if (generation > this.#generation) this.#nextSequences.clear()
    this.#generation = generation
    this.#nextSequences.set(partitionKey(topic, partition), nextSequence)
    if (this.#onFull === undefined || this.#nextSequences.size <= MAX_PARTITIONS) return
    this.#onFull()
    this.#nextSequences.clear()
  }

  /** Undefined when there is nothing to go on from. */
  take(topic: string, partition: number): Numbering | undefined {
    const key = partitionKey(topic, partition)
    const nextSequence = this.#nextSequences.get(key)
    if (nextSequence === undefined) return undefined
    this.#nextSequences.delete(key)
    return { generation: this.#generation, nextSequence }
  }
}
