/** The records that travel together to one partition, and those who wait for them. */

import type { BuildOptions, RecordBatchBuilder, RecordBytes, RecordHeader } from '@odradek/protocol'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { RecordMetadata } from './types.ts'

type Resolve = (metadata: RecordMetadata | Promise<RecordMetadata>) => void

/** Who sent records without asking for a promise each. */
export interface BatchObserver {
  /** Once a batch, when it is settled. */
  onBatchSettled(): void
}

let captured: Resolve
/**
 * One executor for all promises: a closure a record would cost as much as the record. The reject function is let go, for the garbage
 * collector to have one object a record less to carry along; a failed record is resolved with a rejected promise instead.
 */
function capture(resolve: Resolve): void {
  captured = resolve
}

const SHARED_EMPTY: readonly RecordHeader[] = []

export class ProducerBatch {
  readonly topic: string
  readonly partition: number
  /** Monotonic. */
  readonly createdMs: number
  readonly reservedBytes: number
  /** No more records are added. */
  isClosed = false
  isSettled = false
  /** How often it has been sent. */
  attempts = 0
  /** −1: not numbered yet. */
  baseSequence = -1
  /** Place among all batches of its partition that were numbered. */
  ordinal = -1
  /** What went wrong last. */
  lastError: KafkaError | undefined
  #builder: RecordBatchBuilder | undefined
  #recordCount = 0
  #encoded: Buffer | undefined
  /** By record; empty where an observer waits instead. */
  readonly #resolves: (Resolve | undefined)[] = []
  readonly #timestamps: number[] = []
  readonly #observers: BatchObserver[] = []
  #baseOffset = -1
  #logAppendTimeMs = -1
  #error: KafkaError | undefined
  #recordErrors: ReadonlyMap<number, KafkaError> | undefined

  constructor(topic: string, partition: number, createdMs: number, reservedBytes: number, builder: RecordBatchBuilder) {
    this.topic = topic
    this.partition = partition
    this.createdMs = createdMs
    this.reservedBytes = reservedBytes
    this.#builder = builder
  }

  get recordCount(): number {
    return this.#recordCount
  }

  /** Uncompressed; 0 once settled. */
  get sizeBytes(): number {
    return this.#builder?.sizeBytes ?? 0
  }

  /** Throws as RecordBatchBuilder does; the batch is then unchanged. */
  append(timestampMs: number, key: RecordBytes, value: RecordBytes, headers: readonly RecordHeader[] = SHARED_EMPTY): void {
    this.#builder?.append(timestampMs, key, value, headers)
    this.#timestamps.push(timestampMs)
    this.#recordCount++
  }

  /** The promise of the record appended last. */
  promiseLast(): Promise<RecordMetadata> {
    const promise = new Promise<RecordMetadata>(capture)
    this.#resolves[this.#recordCount - 1] = captured
    return promise
  }

  /** Settles the record appended last through this. */
  settleLast(resolve: Resolve): void {
    this.#resolves[this.#recordCount - 1] = resolve
  }

  observe(observer: BatchObserver): void {
    this.#observers.push(observer)
  }

  /** The bytes to send, the same ones until `renumber`. */
  encode(options: BuildOptions): Buffer {
    if (this.#encoded === undefined) {
      if (this.#builder === undefined) throw new RangeError('The batch is settled')
      this.#encoded = this.#builder.build(options)
    }
    return this.#encoded
  }

  renumber(baseSequence: number): void {
    this.baseSequence = baseSequence
    this.#encoded = undefined
  }

  /** The batch is in the log. Returns its builder, which nothing uses any more. */
  acknowledge(baseOffset: number, logAppendTimeMs: number): RecordBatchBuilder | undefined {
    this.#baseOffset = baseOffset
    this.#logAppendTimeMs = logAppendTimeMs
    const builder = this.#release()
    const resolves = this.#resolves
    for (let i = 0; i < resolves.length; i++) {
      const resolve = resolves[i]
      if (resolve !== undefined) resolve(this.metadata(i))
    }
    resolves.length = 0
    this.#notify()
    return builder
  }

  /** `recordErrors` replaces `error` for the records that it names by their position. */
  fail(error: KafkaError, recordErrors?: ReadonlyMap<number, KafkaError>): void {
    this.#error = error
    this.#recordErrors = recordErrors
    this.#release()
    const resolves = this.#resolves
    for (let i = 0; i < resolves.length; i++) resolves[i]?.(Promise.reject(recordErrors?.get(i) ?? error))
    resolves.length = 0
    this.#notify()
  }

  /** Of an acknowledged batch. */
  metadata(index: number): RecordMetadata {
    return {
      topic: this.topic,
      partition: this.partition,
      offset: this.#baseOffset < 0 ? -1 : this.#baseOffset + index,
      timestamp: this.#logAppendTimeMs >= 0 ? this.#logAppendTimeMs : (this.#timestamps[index] as number),
    }
  }

  get hasFailures(): boolean {
    return this.#error !== undefined
  }

  /** Why a record failed; undefined when it did not. */
  errorOf(index: number): KafkaError | undefined {
    return this.#recordErrors?.get(index) ?? this.#error
  }

  #release(): RecordBatchBuilder | undefined {
    const builder = this.#builder
    this.isSettled = true
    this.isClosed = true
    this.#builder = undefined
    this.#encoded = undefined
    return builder
  }

  #notify(): void {
    for (const observer of this.#observers) observer.onBatchSettled()
  }
}
