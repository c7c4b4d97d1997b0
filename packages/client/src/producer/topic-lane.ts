/** The way of records into one topic that cannot go at once: they wait in order for metadata, for their serializers or for memory. */

import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import { type KafkaError, TimeoutError } from '../errors/kafka-error.ts'
import { describeRecord } from './describe-record.ts'
import type { HeldRecord } from './held-record.ts'
import { isPending } from './held-record.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { StickyPartition } from './sticky.ts'
import { toKafkaError } from './to-kafka-error.ts'

/** A record that could not be appended at once. */
export interface BlockedRecord<K, V> {
  readonly held: HeldRecord<K, V>
  /** Monotonic end of `max.block.ms`. */
  deadlineMs: number
  /** Monotonic time at which serializers that have not answered are given up. */
  readonly lateDeadlineMs: number
  readonly onAppended: (batch: ProducerBatch) => void
  readonly onRefused: (error: KafkaError) => void
}

export interface LaneOptions<K, V> {
  /** The topic when it is usable. */
  readonly awaitMetadata: (deadlineMs: number) => Promise<TopicMetadata>
  /** Resolves when memory has become free. */
  readonly awaitMemory: (deadlineMs: number) => Promise<void>
  /** Resolves when serializers are done. */
  readonly awaitBytes: (settled: Promise<void>, deadlineMs: number) => Promise<void>
  /** False when there is no memory. Throws what refuses the record. */
  readonly append: (lane: TopicLane<K, V>, metadata: TopicMetadata, blocked: BlockedRecord<K, V>) => boolean
  /** No record waits any more. */
  readonly onIdle?: (() => void) | undefined
  /** Monotonic. */
  readonly nowMs: () => number
}

export class TopicLane<K, V> {
  readonly topic: string
  readonly sticky: StickyPartition
  metadata: TopicMetadata | undefined
  /** A record has come since somebody reset it. */
  isUsed = false
  #blocked: BlockedRecord<K, V>[] = []
  /** How many have left. */
  #gone = 0
  readonly #onDrained: { readonly gone: number; readonly resolve: () => void }[] = []
  #isPumping = false
  /** Counts the pumps: one whose records were refused while it waited is not the last any more. */
  #pumps = 0
  readonly #options: LaneOptions<K, V>

  constructor(topic: string, sticky: StickyPartition, options: LaneOptions<K, V>) {
    this.topic = topic
    this.sticky = sticky
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#blocked.length === 0
  }

  /** Appends the record as soon as it can be, after those that came before. */
  block(blocked: BlockedRecord<K, V>): void {
    this.#blocked.push(blocked)
    if (this.#isPumping) return
    this.#isPumping = true
    void this.#pump(++this.#pumps)
  }

  /** Resolves when none of those that wait now does any more. */
  drained(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onDrained.push({ gone: this.#gone + this.#blocked.length, resolve })
    })
  }

  /** Refuses all that wait. */
  refuseAll(error: KafkaError): void {
    if (this.isIdle) return
    for (const { onRefused } of this.#leave(this.#blocked.length)) onRefused(error)
    this.#rest()
  }

  async #pump(pump: number): Promise<void> {
    for (;;) {
      this.#placeAll()
      const [first] = this.#blocked
      if (first === undefined) break
      const failure = await this.#wait(first)
      // What came after all were refused has another pump.
      if (pump !== this.#pumps) return
      if (failure !== undefined) this.#refuse(first, failure)
    }
    this.#rest()
  }

  #rest(): void {
    this.#isPumping = false
    this.#pumps++
    this.#options.onIdle?.()
  }

  /** For what holds up the first; returns why that is not to be had. */
  async #wait({ held, deadlineMs, lateDeadlineMs }: BlockedRecord<K, V>): Promise<KafkaError | undefined> {
    const { late } = held
    try {
      if (this.metadata === undefined) this.metadata = await this.#options.awaitMetadata(deadlineMs)
      else if (late !== undefined && isPending(held)) await this.#awaitBytes(late.settled, lateDeadlineMs)
      else await this.#options.awaitMemory(deadlineMs)
      return undefined
    } catch (error) {
      return toKafkaError(error)
    }
  }

  /** The time that serializers take does not count for `max.block.ms`, as in Java. */
  async #awaitBytes(settled: Promise<void>, deadlineMs: number): Promise<void> {
    const startMs = this.#options.nowMs()
    try {
      await this.#options.awaitBytes(settled, deadlineMs)
    } finally {
      const waitedMs = this.#options.nowMs() - startMs
      if (waitedMs > 0) for (const blocked of this.#blocked) blocked.deadlineMs += waitedMs
    }
  }

  /**
   * With the first those behind it that share its fate: all when there is no such topic; after a timeout those whose time is up too. With a wait
   * each, thousands of them would be told much too late.
   */
  #refuse(first: BlockedRecord<K, V>, error: KafkaError): void {
    const now = this.#options.nowMs()
    const isLate = isPending(first.held)
    const isOver = ({ held, deadlineMs, lateDeadlineMs }: BlockedRecord<K, V>): boolean =>
      isPending(held) === isLate && (isLate ? lateDeadlineMs : deadlineMs) <= now
    const stay = error.retriable ? this.#blocked.findIndex((blocked, index) => index > 0 && !isOver(blocked)) : -1
    const refused = this.#leave(stay < 0 ? this.#blocked.length : stay)
    for (const { held, onRefused } of refused) onRefused(error instanceof TimeoutError ? naming(held, error) : error)
  }

  /** As many as there is memory for, in one go, so that they share batches. */
  #placeAll(): void {
    const { metadata } = this
    if (metadata === undefined) return
    let dealtWith = 0
    for (const blocked of this.#blocked) {
      if (isPending(blocked.held)) break
      try {
        if (!this.#options.append(this, metadata, blocked)) break
      } catch (error) {
        blocked.onRefused(toKafkaError(error))
      }
      dealtWith++
    }
    this.#leave(dealtWith)
  }

  #leave(count: number): BlockedRecord<K, V>[] {
    const left = this.#blocked.splice(0, count)
    this.#gone += left.length
    while (this.#onDrained[0] !== undefined && this.#onDrained[0].gone <= this.#gone) this.#onDrained.shift()?.resolve()
    return left
  }
}

function naming({ topic, partition = -1, sourceKey }: HeldRecord<unknown, unknown>, { message, cause }: TimeoutError): TimeoutError {
  return new TimeoutError(`${message}: ${describeRecord(topic, partition < 0 ? undefined : partition, sourceKey)}`, { cause })
}
