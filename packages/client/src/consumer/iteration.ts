/**
 * Loops over what polls bring, by record or by batch. Records that the loop has not reached do not count as consumed: a commit leaves them
 * out, and a loop that is left gives them back to the next poll.
 */

import { partitionKey } from '../topic-partition.ts'
import type { Subscription } from './subscription.ts'
import type { ConsumerBatch, ConsumerRecord } from './types.ts'

export interface IterationOptions<K, V> {
  readonly subscription: Subscription<K, V>
  readonly poll: () => Promise<ConsumerRecord<K, V>[]>
  readonly isClosed: () => boolean
}

export class Iteration<K, V> {
  readonly #options: IterationOptions<K, V>
  #records: readonly ConsumerRecord<K, V>[] = []
  #handed = 0

  constructor(options: IterationOptions<K, V>) {
    this.#options = options
  }

  /** Not a generator: that would cost several promises a record. */
  records(): AsyncIterator<ConsumerRecord<K, V>> {
    return {
      next: () => {
        const record = this.#take()
        return record === undefined ? this.#next() : Promise.resolve({ done: false, value: record })
      },
      return: () => {
        this.#giveBack()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  async *batches(): AsyncGenerator<ConsumerBatch<K, V>, void, undefined> {
    const { subscription } = this.#options
    try {
      for (let first = await this.#refill(); first !== undefined; first = await this.#refill()) {
        for (let batch = this.#takeRun(first); batch !== undefined; batch = this.#takeRun(this.#peek())) {
          const { topic, partition } = batch.first
          const highWatermark = subscription.find(batch.first)?.highWatermark ?? -1
          yield { topic, partition, records: batch.records, highWatermark }
        }
      }
    } finally {
      this.#giveBack()
    }
  }

  /** By partition, the first record that has not been handed over. */
  unread(): ReadonlyMap<string, ConsumerRecord<K, V>> {
    const first = new Map<string, ConsumerRecord<K, V>>()
    for (let index = this.#records.length - 1; index >= this.#handed; index--) {
      const record = this.#records[index]
      if (record !== undefined) first.set(partitionKey(record.topic, record.partition), record)
    }
    return first
  }

  /** The next record; undefined when there is none at hand, and once the consumer is closed. */
  #peek(): ConsumerRecord<K, V> | undefined {
    return this.#options.isClosed() ? undefined : this.#records[this.#handed]
  }

  #take(): ConsumerRecord<K, V> | undefined {
    const record = this.#peek()
    if (record !== undefined) this.#handed++
    return record
  }

  /** The records of one partition from `first`, the next one, on. */
  #takeRun(first: ConsumerRecord<K, V> | undefined) {
    if (first === undefined) return undefined
    const start = this.#handed
    let record: ConsumerRecord<K, V> | undefined = first
    while (record !== undefined && record.partition === first.partition && record.topic === first.topic)
      record = this.#records[++this.#handed]
    return { first, records: this.#records.slice(start, this.#handed) }
  }

  /** Polls until there is a record, which it returns and does not take; undefined once the consumer is closed. */
  async #refill(): Promise<ConsumerRecord<K, V> | undefined> {
    const { poll, isClosed } = this.#options
    while (!isClosed()) {
      const first = this.#peek()
      if (first !== undefined) return first
      this.#records = await poll()
      this.#handed = 0
    }
    return undefined
  }

  async #next(): Promise<IteratorResult<ConsumerRecord<K, V>>> {
    await this.#refill()
    const record = this.#take()
    return record === undefined ? { done: true, value: undefined } : { done: false, value: record }
  }

  /** What the loop that has just ended did not reach comes again, unless the application has sought in the meantime. */
  #giveBack(): void {
    for (const record of this.unread().values()) {
      const partition = this.#options.subscription.find(record)
      if (partition !== undefined && !partition.isSought) partition.seek(record.offset, record.leaderEpoch)
    }
    this.#records = []
    this.#handed = 0
  }
}
