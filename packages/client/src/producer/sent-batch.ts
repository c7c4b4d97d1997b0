/** Follows the records of one `sendBatch()` to their ends: two numbers a record and no promise. */

import type { KafkaError } from '../errors/kafka-error.ts'
import { SendBatchError } from '../errors/kafka-error.ts'
import type { BatchObserver, ProducerBatch } from './producer-batch.ts'
import type { RecordMetadata, SendFailure, SentBatch } from './types.ts'

type OnRecord = (index: number, metadata: RecordMetadata | undefined, error: KafkaError | undefined) => void

export class SentBatchCollector implements BatchObserver {
  readonly promise: Promise<SentBatch>
  readonly #total: number
  readonly #onRecord: OnRecord | undefined
  readonly #batches: ProducerBatch[] = []
  readonly #batchIndexes: Uint32Array
  readonly #recordIndexes: Uint32Array
  readonly #indexByBatch = new Map<ProducerBatch, number>()
  readonly #refused: SendFailure[] = []
  #last: ProducerBatch | undefined
  #lastIndex = 0
  #placed = 0
  #unsettled = 0
  #resolve: (batch: SentBatch) => void = () => undefined
  #reject: (error: KafkaError) => void = () => undefined

  /** `onRecord` is told of each record, by position, when all are settled. */
  constructor(total: number, onRecord?: OnRecord) {
    this.#total = total
    this.#onRecord = onRecord
    this.#batchIndexes = new Uint32Array(total)
    this.#recordIndexes = new Uint32Array(total)
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#finishWhenDone()
  }

  /** Record `index` is the last one in `batch`. */
  place(index: number, batch: ProducerBatch): void {
    if (batch !== this.#last) this.#watch(batch)
    this.#batchIndexes[index] = this.#lastIndex
    this.#recordIndexes[index] = batch.recordCount - 1
    this.#placed++
    this.#finishWhenDone()
  }

  /** Record `index` is in no batch. */
  refuse(index: number, error: KafkaError): void {
    this.#refused.push({ index, error })
    this.#placed++
    this.#finishWhenDone()
  }

  onBatchSettled(): void {
    this.#unsettled--
    this.#finishWhenDone()
  }

  #watch(batch: ProducerBatch): void {
    this.#last = batch
    const known = this.#indexByBatch.get(batch)
    this.#lastIndex = known ?? this.#batches.length
    if (known !== undefined) return
    this.#indexByBatch.set(batch, this.#lastIndex)
    this.#batches.push(batch)
    this.#unsettled++
    batch.observe(this)
  }

  #finishWhenDone(): void {
    if (this.#placed < this.#total || this.#unsettled > 0) return
    const failures = this.#failures()
    this.#report(failures)
    if (failures.length > 0) this.#reject(new SendBatchError(this.#total, failures))
    else this.#resolve(new SettledBatch(this.#batches, this.#batchIndexes, this.#recordIndexes))
  }

  #report(failures: readonly SendFailure[]): void {
    if (this.#onRecord === undefined) return
    const errors = new Map(failures.map(({ index, error }) => [index, error]))
    for (let index = 0; index < this.#total; index++) {
      const error = errors.get(index)
      const batch = this.#batches[this.#batchIndexes[index] as number]
      this.#onRecord(index, error === undefined ? batch?.metadata(this.#recordIndexes[index] as number) : undefined, error)
    }
  }

  #failures(): readonly SendFailure[] {
    if (this.#refused.length === 0 && this.#batches.every((batch) => !batch.hasFailures)) return []
    const failures = [...this.#refused]
    const refused = new Set(failures.map(({ index }) => index))
    for (let index = 0; index < this.#total; index++) {
      if (refused.has(index)) continue
      const error = this.#batches[this.#batchIndexes[index] as number]?.errorOf(this.#recordIndexes[index] as number)
      if (error !== undefined) failures.push({ index, error })
    }
    return failures.sort((left, right) => left.index - right.index)
  }
}

class SettledBatch implements SentBatch {
  readonly #batches: readonly ProducerBatch[]
  readonly #batchIndexes: Uint32Array
  readonly #recordIndexes: Uint32Array

  constructor(batches: readonly ProducerBatch[], batchIndexes: Uint32Array, recordIndexes: Uint32Array) {
    this.#batches = batches
    this.#batchIndexes = batchIndexes
    this.#recordIndexes = recordIndexes
  }

  get length(): number {
    return this.#recordIndexes.length
  }

  at(index: number): RecordMetadata {
    const batch = this.#batches[this.#batchIndexes[index] ?? -1]
    const recordIndex = this.#recordIndexes[index]
    if (batch === undefined || recordIndex === undefined) throw new RangeError(`No record ${index} in a batch of ${this.length}`)
    return batch.metadata(recordIndex)
  }

  *[Symbol.iterator](): Iterator<RecordMetadata> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }
}
