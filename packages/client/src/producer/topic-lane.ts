/** The way of records into one topic: which partition, and waiting in order for metadata or memory. */

import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import { type KafkaError, TimeoutError } from '../errors/kafka-error.ts'
import { describeRecord } from './describe-record.ts'
import { toKafkaError } from './to-kafka-error.ts'
import { ProducerBatch } from './producer-batch.ts'
import type { LateBytes, SerializedRecord } from './record-encoder.ts'
import type { StickyPartition } from './sticky.ts'
import type { ProducerRecord } from './types.ts'

/** A record that could not be appended at once. */
export interface BlockedRecord<K, V> {
  readonly record: ProducerRecord<K, V>
  /** Monotonic end of `max.block.ms`. */
  deadlineMs: number
  /** Set when its serializers take their time. */
  late: LateBytes | undefined
  readonly onAppended: (batch: ProducerBatch) => void
  readonly onRefused: (error: KafkaError) => void
}

export interface LaneOptions<K, V> {
  /** The topic when it is usable. */
  readonly awaitMetadata: (topic: string, deadlineMs: number) => Promise<TopicMetadata>
  /** Resolves when memory has become free. */
  readonly awaitMemory: (deadlineMs: number) => Promise<void>
  /** Undefined when there is no memory; what to wait for when a serializer takes its time. Throws what refuses the record. */
  readonly append: (lane: TopicLane<K, V>, record: ProducerRecord<K, V>, bytes?: SerializedRecord) => ProducerBatch | LateBytes | undefined
  /** Starts the serializers of a record that waits, if they are known to take their time. */
  readonly serialize: (record: ProducerRecord<K, V>) => LateBytes | undefined
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
    blocked.late ??= this.#options.serialize(blocked.record)
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
    while (this.#blocked.length > 0) {
      const placed = this.#placeAll()
      this.#blocked.splice(0, placed)
      const [first] = this.#blocked
      if (first === undefined) break
      try {
        if (this.metadata === undefined) this.metadata = await this.#options.awaitMetadata(this.topic, first.deadlineMs)
        else if (first.late !== undefined && isPending(first.late)) await this.#awaitBytes(first.late)
        else await this.#options.awaitMemory(first.deadlineMs)
      } catch (error) {
        // Unless all were refused meanwhile.
        if (this.#blocked[0] === first) this.#refuseFirst(toKafkaError(error))
      }
    }
    this.#isPumping = false
    const emptied = this.#onEmptied
    this.#onEmptied = []
    for (const resolve of emptied) resolve()
  }

  /** After a timeout also those behind it whose time is up: with a wait each, thousands of them would be told much too late. */
  #refuseFirst(error: KafkaError): void {
    const now = this.#options.nowMs()
    const isTimeout = error instanceof TimeoutError
    const isInTime = ({ deadlineMs, late }: BlockedRecord<K, V>): boolean => deadlineMs > now || isPending(late)
    const stay = isTimeout ? this.#blocked.findIndex((blocked, index) => index > 0 && isInTime(blocked)) : 1
    const refused = this.#blocked.splice(0, stay < 0 ? this.#blocked.length : stay)
    for (const { record, onRefused } of refused) onRefused(isTimeout ? naming(record, error) : error)
  }

  /** The time that serializers take does not count for `max.block.ms`, as in Java. */
  async #awaitBytes(late: LateBytes): Promise<void> {
    const startMs = this.#options.nowMs()
    await late.settled
    const waitedMs = this.#options.nowMs() - startMs
    if (waitedMs > 0) for (const blocked of this.#blocked) blocked.deadlineMs += waitedMs
  }

  /** Side by side: one record is late, so that all may be. */
  #startSerializers(first: BlockedRecord<K, V>, late: LateBytes): void {
    first.late = late
    for (const blocked of this.#blocked) blocked.late ??= this.#options.serialize(blocked.record)
  }

  /** As many as there is memory for, in one go, so that they share batches; returns how many are dealt with. */
  #placeAll(): number {
    if (this.metadata === undefined) return 0
    for (const [index, blocked] of this.#blocked.entries()) {
      if (isPending(blocked.late)) return index
      try {
        if (blocked.late?.error !== undefined) throw blocked.late.error
        const batch = this.#options.append(this, blocked.record, blocked.late?.bytes)
        if (!(batch instanceof ProducerBatch)) {
          if (batch !== undefined) this.#startSerializers(blocked, batch)
          return index
        }
        blocked.onAppended(batch)
      } catch (error) {
        blocked.onRefused(toKafkaError(error))
      }
    }
    return this.#blocked.length
  }
}

function naming<K, V>({ topic, partition, key }: ProducerRecord<K, V>, { message, cause }: TimeoutError): TimeoutError {
  return new TimeoutError(`${message}: ${describeRecord(topic, partition, key)}`, { cause })
}

function isPending(late: LateBytes | undefined): boolean {
  return late !== undefined && late.bytes === undefined && late.error === undefined
}
