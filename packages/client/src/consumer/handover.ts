/**
 * What one poll brought while an iterator hands it over piece by piece. Records that the loop has not reached do not count as consumed: a
 * commit leaves them out, and a loop that is left gives them back to the next poll.
 */

import { partitionKey } from '../topic-partition.ts'
import type { ConsumerRecord } from './types.ts'

export class Handover<K, V> {
  #records: readonly ConsumerRecord<K, V>[] = []
  #handed = 0

  /** The iterator is done with them. */
  clear(): void {
    this.#records = []
    this.#handed = 0
  }

  begin(polled: readonly ConsumerRecord<K, V>[]): void {
    this.#records = polled
    this.#handed = 0
  }

  /** The next record, which counts as handed over; undefined after the last. */
  take(): ConsumerRecord<K, V> | undefined {
    const record = this.#records[this.#handed]
    if (record !== undefined) this.#handed++
    return record
  }

  /** Records of one partition at a time, as they came. */
  *runs(polled: readonly ConsumerRecord<K, V>[]): Generator<readonly ConsumerRecord<K, V>[], void, undefined> {
    this.begin(polled)
    for (let start = 0; start < polled.length; ) {
      const first = polled[start]
      let end = start + 1
      while (polled[end] !== undefined && polled[end]?.partition === first?.partition && polled[end]?.topic === first?.topic) end++
      this.#handed = end
      yield start === 0 && end === polled.length ? polled : polled.slice(start, end)
      start = end
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
}
