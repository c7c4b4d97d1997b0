/** The records that travel together to one partition, and those who wait for them. */

import type { BuildOptions, RecordBytes, RecordHeader } from '@odradek/protocol'
import { batchLayout, RecordBatchBuilder, RecordCursor } from '@odradek/protocol'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { RecordMetadata } from './types.ts'

type Resolve = (metadata: RecordMetadata | Promise<RecordMetadata>) => void

/** Who sent records without asking for a promise each. */
export interface BatchObserver {
  /** Once a batch, when all of its records are settled. */
  onBatchSettled(): void
}

/** Where a record is that has left its batch. */
interface Place {
  readonly part: ProducerBatch
  readonly index: number
}

let captured: Resolve
/**
 * One executor for all promises: a closure a record would cost as much as the record. The reject function is let go, for the garbage
 * collector to have one object a record less to carry along; a failed record is resolved with a rejected promise instead.
 */
function capture(resolve: Resolve): void {
  captured = resolve
}

/** So that a part's memory need not grow for the lengths of its last record. */
const SPARE_PART_BYTES = 64
const { BATCH_HEADER_BYTES } = batchLayout
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
  /** A broker has refused it so, under the number that it has. */
  isOutOfSequence = false
  /** An attempt may have been written whatever came back: by its number a broker knows the batch when it comes again. */
  isInDoubt = false
  /** So may what this batch was divided from, for which no broker knows the part. */
  isWholeInDoubt = false
  /** Place among all batches of its partition that were taken to be sent; −1 before. */
  ordinal = -1
  /** What the record appended last takes. */
  lastRecordBytes = 0
  /** The records as the codec left them; they stay the same whatever number the batch gets. */
  compressed: Uint8Array | undefined
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
  /** By record, once the batch has been divided. */
  #places: (Place | undefined)[] | undefined

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

  /** Uncompressed, sharing the batch's memory; undefined once settled. */
  records(): Buffer | undefined {
    return this.#builder?.records()
  }

  /** Throws as RecordBatchBuilder does; the batch is then unchanged. */
  append(timestampMs: number, key: RecordBytes, value: RecordBytes, headers: readonly RecordHeader[] = SHARED_EMPTY): void {
    const before = this.sizeBytes
    this.#builder?.append(timestampMs, key, value, headers)
    this.lastRecordBytes = this.sizeBytes - before
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

  /** For a batch that is not in the log under the number that it had, nor will be. */
  renumber(baseSequence: number): void {
    this.baseSequence = baseSequence
    this.isInDoubt = false
    this.isWholeInDoubt = false
    this.isOutOfSequence = false
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

  /** `recordErrors` replaces `error` for the records that it names by their position. Returns its builder, which a socket may still read. */
  fail(error: KafkaError, recordErrors?: ReadonlyMap<number, KafkaError>): RecordBatchBuilder | undefined {
    this.#error = error
    this.#recordErrors = recordErrors
    const builder = this.#release()
    const resolves = this.#resolves
    for (let i = 0; i < resolves.length; i++) resolves[i]?.(Promise.reject(recordErrors?.get(i) ?? error))
    resolves.length = 0
    this.#notify()
    return builder
  }

  /**
   * Hands the records over to a new batch a group of positions, which settle them in this one's place; the records that `failures` names fail
   * now. The observers of this batch are told when the last of the parts is settled.
   */
  divide(groups: readonly (readonly number[])[], failures: ReadonlyMap<number, KafkaError>): readonly ProducerBatch[] {
    const places: Place[] = []
    const parts = groups.map((group) => this.#part(new Set(group), places))
    this.#places = places
    this.#recordErrors = failures
    this.#release()
    for (const [index, error] of failures) this.#resolves[index]?.(Promise.reject(error))
    this.#resolves.length = 0
    let unsettled = parts.length
    const observer: BatchObserver = {
      onBatchSettled: () => {
        if (--unsettled === 0) this.#notify()
      },
    }
    for (const part of parts) part.observe(observer)
    return parts
  }

  /** The key of a record that is not settled, as it is written. */
  key(index: number): Buffer | null {
    const cursor = this.#cursor()
    for (let i = 0; i <= index; i++) cursor.next()
    return cursor.key()
  }

  /** Of an acknowledged record. */
  metadata(index: number): RecordMetadata {
    const place = this.#places?.[index]
    if (place !== undefined) return place.part.metadata(place.index)
    return {
      topic: this.topic,
      partition: this.partition,
      offset: this.#baseOffset < 0 ? -1 : this.#baseOffset + index,
      timestamp: this.#logAppendTimeMs >= 0 ? this.#logAppendTimeMs : (this.#timestamps[index] as number),
    }
  }

  /** Its records may be in the log, so that they may not get other numbers. */
  get mayBeInLog(): boolean {
    return this.baseSequence >= 0 && (this.isInDoubt || this.isWholeInDoubt)
  }

  /** Renumbered since its bytes were made: what is under way has an old number. */
  get isStale(): boolean {
    return this.#encoded === undefined
  }

  get hasFailures(): boolean {
    if (this.#error !== undefined || (this.#recordErrors?.size ?? 0) > 0) return true
    return this.#places?.some((place) => place?.part.hasFailures === true) === true
  }

  /** Why a record failed; undefined when it did not. */
  errorOf(index: number): KafkaError | undefined {
    const place = this.#places?.[index]
    return place === undefined ? (this.#recordErrors?.get(index) ?? this.#error) : place.part.errorOf(place.index)
  }

  #part(group: ReadonlySet<number>, places: Place[]): ProducerBatch {
    const cursor = this.#cursor()
    const sizes = this.#cursor()
    let bytes = BATCH_HEADER_BYTES + SPARE_PART_BYTES
    for (let index = 0; sizes.next(); index++) if (group.has(index)) bytes += sizes.recordBytes().length
    const part = new ProducerBatch(this.topic, this.partition, this.createdMs, bytes, new RecordBatchBuilder(bytes))
    for (let index = 0; cursor.next(); index++) {
      if (!group.has(index)) continue
      part.append(this.#timestamps[index] as number, cursor.key(), cursor.value(), cursor.headers())
      const resolve = this.#resolves[index]
      if (resolve !== undefined) part.settleLast(resolve)
      places[index] = { part, index: part.recordCount - 1 }
    }
    part.isClosed = true
    part.lastError = this.lastError
    return part
  }

  #cursor(): RecordCursor {
    const records = this.records()
    if (records === undefined) throw new RangeError('The batch is settled')
    const cursor = new RecordCursor()
    const header = {
      recordCount: this.#recordCount,
      baseOffset: 0,
      baseTimestamp: 0,
      maxTimestamp: 0,
      timestampType: 'CreateTime',
    } as const
    cursor.reset(records, 0, header, records)
    return cursor
  }

  #release(): RecordBatchBuilder | undefined {
    const builder = this.#builder
    this.isSettled = true
    this.isClosed = true
    this.#builder = undefined
    this.#encoded = undefined
    this.compressed = undefined
    return builder
  }

  #notify(): void {
    for (const observer of this.#observers) observer.onBatchSettled()
  }
}
