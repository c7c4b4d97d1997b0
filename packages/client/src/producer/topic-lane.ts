/** The way of records into one topic: which partition, and waiting in order for metadata or memory. */

import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { StickyPartition } from './sticky.ts'
import type { ProducerRecord } from './types.ts'

/** A record that could not be appended at once. */
export interface BlockedRecord<K, V> {
  readonly record: ProducerRecord<K, V>
  /** Monotonic end of `max.block.ms`. */
  readonly deadlineMs: number
  readonly onAppended: (batch: ProducerBatch) => void
  readonly onRefused: (error: KafkaError) => void
}

export interface LaneOptions<K, V> {
  /** The topic when it is usable. */
  readonly awaitMetadata: (topic: string, deadlineMs: number) => Promise<TopicMetadata>
  /** Resolves when memory has become free. */
  readonly awaitMemory: (deadlineMs: number) => Promise<void>
  /** Undefined when there is no memory. Throws what refuses the record. */
  readonly append: (lane: TopicLane<K, V>, record: ProducerRecord<K, V>) => ProducerBatch | undefined
}

export class TopicLane<K, V> {
  readonly topic: string
  readonly sticky: StickyPartition
  metadata: TopicMetadata | undefined
  /** A record has come since somebody reset it. */
  isUsed = false
  #blocked: BlockedRecord<K, V>[] = []
  #isPumping = false
  #onEmptied: (() => void)[] = []
  readonly #options: LaneOptions<K, V>

  constructor(topic: string, sticky: StickyPartition, options: LaneOptions<K, V>) {
    this.topic = topic
    this.sticky = sticky
    this.#options = options
  }

  /** Whether a record may be appended right away, none being in front of it. */
  get isClear(): boolean {
    return this.metadata !== undefined && this.#blocked.length === 0
  }

  get isIdle(): boolean {
    return this.#blocked.length === 0
  }

  /** Appends the record as soon as it can be, after those that came before. */
  block(blocked: BlockedRecord<K, V>): void {
    this.#blocked.push(blocked)
    if (!this.#isPumping) void this.#pump()
  }

  /** Resolves when none waits any more. */
  emptied(): Promise<void> {
    if (!this.#isPumping) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEmptied.push(resolve)
    })
  }

  /** Refuses all that wait. */
  refuseAll(error: KafkaError): void {
    const refused = this.#blocked
    this.#blocked = []
    for (const { onRefused } of refused) onRefused(error)
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    let next = 0
    for (;;) {
      const queue = this.#blocked
      const blocked = queue[next]
      if (blocked === undefined) break
      const settled = await this.#place(blocked, queue)
      // All were refused meanwhile: the array is another one.
      if (queue !== this.#blocked) next = 0
      else if (settled) next++
      if (next >= 1024 || next === this.#blocked.length) {
        this.#blocked.splice(0, next)
        next = 0
      }
    }
    this.#isPumping = false
    const emptied = this.#onEmptied
    this.#onEmptied = []
    for (const resolve of emptied) resolve()
  }

  /** True when the record has been appended or refused. */
  async #place(blocked: BlockedRecord<K, V>, queue: readonly BlockedRecord<K, V>[]): Promise<boolean> {
    try {
      this.metadata ??= await this.#options.awaitMetadata(this.topic, blocked.deadlineMs)
      if (queue !== this.#blocked) return false
      const batch = this.#options.append(this, blocked.record)
      if (batch === undefined) {
        await this.#options.awaitMemory(blocked.deadlineMs)
        return false
      }
      blocked.onAppended(batch)
    } catch (error) {
      if (queue !== this.#blocked) return false
      blocked.onRefused(
        error instanceof KafkaError ? error : new KafkaError('STATE', `The record cannot be sent: ${String(error)}`, { cause: error }),
      )
    }
    return true
  }
}
