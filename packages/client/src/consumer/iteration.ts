/**
 * Loops over what polls bring, by record or by batch. Records that the loop has not reached do not count as consumed: a commit leaves them
 * out, a loop that is left gives them back to the next poll, and what happens to their partitions meanwhile happens to them.
 */

import { StateError } from '../errors/kafka-error.ts'
import type { OffsetToCommit } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { Subscription } from './subscription.ts'
import type { ConsumerBatch, ConsumerRecord } from './types.ts'

export interface IterationOptions<K, V> {
  readonly subscription: Subscription<K, V>
  readonly poll: () => Promise<ConsumerRecord<K, V>[]>
  /** Ends a poll that waits. */
  readonly wakeup: () => void
  readonly isClosed: () => boolean
  /** A sign of life. False when a poll has to come first, or nothing may come at all: the group rebalances, or has gone on without us. */
  readonly mayHandOver: () => boolean
}

/** Who iterates: only its identity matters. */
type Loop = object

export class Iteration<K, V> {
  readonly #options: IterationOptions<K, V>
  #loop: Loop | undefined
  #records: readonly ConsumerRecord<K, V>[] = []
  #handed = 0
  /** Of partitions that are paused: they come first when those are resumed. */
  #paused: readonly ConsumerRecord<K, V>[] = []
  /** The record handed over last, the first one of a batch; undefined once the application has come back for more. */
  #atHand: OffsetToCommit | undefined
  #isPolling = false
  #hasChanged = false

  constructor(options: IterationOptions<K, V>) {
    this.#options = options
  }

  /** Not a generator: that would cost several promises a record. */
  records(): AsyncIterator<ConsumerRecord<K, V>> {
    const loop: Loop = {}
    return {
      next: () => {
        const record = this.#loop === loop ? this.#take() : undefined
        return record === undefined ? this.#next(loop) : Promise.resolve({ done: false, value: record })
      },
      return: () => {
        this.#end(loop)
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  async *batches(): AsyncGenerator<ConsumerBatch<K, V>, void, undefined> {
    const { subscription } = this.#options
    const loop: Loop = {}
    this.#begin(loop)
    try {
      for (let first = await this.#refill(loop); first !== undefined; first = await this.#refill(loop)) {
        const { topic, partition } = first
        const highWatermark = subscription.find(first)?.highWatermark ?? -1
        yield { topic, partition, records: this.#takeRun(first), highWatermark }
      }
    } finally {
      this.#end(loop)
    }
  }

  /** By partition, the first record that has not been handed over. */
  unread(): Map<string, ConsumerRecord<K, V>> {
    const first = new Map<string, ConsumerRecord<K, V>>()
    const note = (record: ConsumerRecord<K, V>): unknown => first.set(partitionKey(record.topic, record.partition), record)
    for (let index = this.#records.length - 1; index >= this.#handed; index--) note(this.#records[index] as ConsumerRecord<K, V>)
    for (let index = this.#paused.length - 1; index >= 0; index--) note(this.#paused[index] as ConsumerRecord<K, V>)
    return first
  }

  /** As `unread`, what is at hand included: how a loop was left does not tell whether its last record could be handled. */
  unhandled(): Map<string, OffsetToCommit> {
    const first = new Map<string, OffsetToCommit>(this.unread())
    if (this.#atHand !== undefined) first.set(partitionKey(this.#atHand.topic, this.#atHand.partition), this.#atHand)
    return first
  }

  /** The application polls: what it has been handed is done with. */
  finished(): void {
    this.#atHand = undefined
  }

  /** The application commits these: so far it is done with what is at hand, and auto-commit does not go back behind it. */
  committed(offsets: readonly OffsetToCommit[]): void {
    const last = this.#atHand
    if (last === undefined) return
    const found = offsets.find(({ topic, partition }) => topic === last.topic && partition === last.partition)
    if (found !== undefined && found.offset > last.offset) this.#atHand = found
  }

  /** After every change to what is assigned, paused or sought: what may not be handed over any more goes, or waits. */
  sift(): void {
    this.#hasChanged = true
    const unread = [...this.#paused, ...this.#records.slice(this.#handed)]
    if (unread.length === 0) return
    const records: ConsumerRecord<K, V>[] = []
    const paused: ConsumerRecord<K, V>[] = []
    for (const record of unread) {
      const partition = this.#options.subscription.find(record)
      if (partition === undefined || partition.isFresh) continue
      if (partition.isPaused) paused.push(record)
      else records.push(record)
    }
    this.#records = records
    this.#handed = 0
    this.#paused = paused
    if (this.#isPolling && records.length > 0) this.#options.wakeup()
  }

  #begin(loop: Loop): void {
    if (this.#loop !== undefined && this.#loop !== loop)
      throw new StateError('A loop over this consumer is already running: one at a time. break, or return() of its iterator, ends it')
    this.#loop = loop
  }

  #end(loop: Loop): void {
    if (this.#loop !== loop) return
    this.#loop = undefined
    this.#giveBack()
  }

  /** The next record; undefined when there is none at hand that may be handed over. */
  #peek(): ConsumerRecord<K, V> | undefined {
    if (this.#options.isClosed()) return undefined
    if (this.#options.mayHandOver()) return this.#records[this.#handed]
    this.#giveBack()
    return undefined
  }

  #take(): ConsumerRecord<K, V> | undefined {
    const record = this.#peek()
    if (record === undefined) return undefined
    this.#handed++
    this.#atHand = record
    return record
  }

  /** The records of one partition from `first`, the next one, on. */
  #takeRun(first: ConsumerRecord<K, V>): readonly ConsumerRecord<K, V>[] {
    const start = this.#handed
    let record: ConsumerRecord<K, V> | undefined = first
    while (record !== undefined && record.partition === first.partition && record.topic === first.topic)
      record = this.#records[++this.#handed]
    this.#atHand = first
    return this.#records.slice(start, this.#handed)
  }

  /** Polls until there is a record, which it returns and does not take; undefined once the consumer is closed or the loop has ended. */
  async #refill(loop: Loop): Promise<ConsumerRecord<K, V> | undefined> {
    while (this.#loop === loop && !this.#options.isClosed()) {
      const first = this.#peek()
      if (first !== undefined) return first
      await this.#poll()
    }
    if (this.#loop === undefined) this.#giveBack()
    return undefined
  }

  async #poll(): Promise<void> {
    this.#hasChanged = false
    this.#isPolling = true
    try {
      const polled = await this.#options.poll()
      // Partitions that were resumed meanwhile are ahead.
      const resumed = this.#records.slice(this.#handed)
      this.#records = resumed.length === 0 ? polled : [...resumed, ...polled]
      this.#handed = 0
    } finally {
      this.#isPolling = false
    }
    // Perhaps after they were collected.
    if (this.#hasChanged) this.sift()
  }

  async #next(loop: Loop): Promise<IteratorResult<ConsumerRecord<K, V>>> {
    this.#begin(loop)
    let record: ConsumerRecord<K, V> | undefined
    try {
      if ((await this.#refill(loop)) !== undefined) record = this.#take()
    } finally {
      // Nobody calls return() after this.
      if (record === undefined) this.#end(loop)
    }
    return record === undefined ? { done: true, value: undefined } : { done: false, value: record }
  }

  /** What the loop has not reached comes again with a later poll. */
  #giveBack(): void {
    for (const record of this.unread().values()) this.#options.subscription.find(record)?.seek(record.offset, record.leaderEpoch)
    this.#records = []
    this.#handed = 0
    this.#paused = []
  }
}
