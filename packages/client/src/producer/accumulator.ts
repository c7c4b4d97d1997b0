/** Gathers records into batches, partition by partition, within `buffer.memory`. */

import type { RecordBytes, RecordHeader } from '@odradek/protocol'
import { batchLayout, RecordBatchBuilder } from '@odradek/protocol'
import { PartitionQueue } from './partition-queue.ts'
import { ProducerBatch } from './producer-batch.ts'
import { RestingSequences } from './resting-sequences.ts'

/** Builders kept for the next batches rather than left to the garbage collector. */
const MAX_SPARE_BUILDERS = 256
const { BATCH_HEADER_BYTES } = batchLayout

/** A record as it is written. */
export interface EncodedRecord {
  readonly key: RecordBytes
  readonly value: RecordBytes
  readonly headers: readonly RecordHeader[] | undefined
  /** What it takes in a batch, at most. */
  readonly maxBytes: number
}

export interface AccumulatorOptions {
  readonly batchSizeBytes: number
  readonly bufferMemoryBytes: number
  /** Monotonic. */
  readonly nowMs: () => number
  /** A batch has been opened or has filled up. */
  readonly onBatch: (isFull: boolean) => void
  /** So many partitions are idle that their sequences are let go: see to a new epoch. Undefined where that is not the client's to have. */
  readonly onSequencesLost?: (() => void) | undefined
}

export class Accumulator {
  /** The partitions with batches that wait or are in flight. */
  readonly active: Set<PartitionQueue> = new Set()
  readonly #options: AccumulatorOptions
  readonly #topics = new Map<string, PartitionQueue[]>()
  readonly #resting: RestingSequences
  readonly #spareBuilders: RecordBatchBuilder[] = []
  #usedBytes = 0

  constructor(options: AccumulatorOptions) {
    this.#options = options
    this.#resting = new RestingSequences(options.onSequencesLost)
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get availableBytes(): number {
    return this.#options.bufferMemoryBytes - this.#usedBytes
  }

  /** Of all batches, and of builders that wait for the next ones. */
  get heldBytes(): number {
    return this.#usedBytes + this.#spareBuilders.length * this.#options.batchSizeBytes
  }

  queue(topic: string, partition: number): PartitionQueue {
    let queues = this.#topics.get(topic)
    if (queues === undefined) {
      queues = []
      this.#topics.set(topic, queues)
    }
    return (queues[partition] ??= new PartitionQueue(topic, partition, this.#resting.take(topic, partition)))
  }

  /** The batch that took the record; undefined when there is no memory for a new one. Throws RangeError when the record cannot be encoded. */
  append(queue: PartitionQueue, timestampMs: number, record: EncodedRecord): ProducerBatch | undefined {
    let batch = queue.open
    if (batch !== undefined && !this.hasRoom(batch, record)) {
      this.close(queue)
      batch = undefined
    }
    const isNew = batch === undefined
    batch ??= this.#newBatch(queue, record)
    batch?.append(timestampMs, record.key, record.value, record.headers)
    // Only now: an empty batch would never be sent.
    if (isNew && batch !== undefined) this.#open(queue, batch)
    return batch
  }

  /** Whether a record goes into a batch that is open. */
  hasRoom(batch: ProducerBatch, record: EncodedRecord): boolean {
    const room = this.#options.batchSizeBytes - batch.sizeBytes
    return record.maxBytes <= room || exactBytes(record) <= room
  }

  /** The open batch takes no more records. */
  close(queue: PartitionQueue): void {
    const { open } = queue
    if (open === undefined) return
    open.isClosed = true
    this.#options.onBatch(true)
  }

  /** The batch is settled: its memory is free again. */
  release(batch: ProducerBatch, builder: RecordBatchBuilder | undefined): void {
    this.#usedBytes -= batch.reservedBytes
    if (builder === undefined || batch.reservedBytes !== this.#options.batchSizeBytes || this.#spareBuilders.length >= MAX_SPARE_BUILDERS)
      return
    builder.reset()
    this.#spareBuilders.push(builder)
  }

  /** The memory of a batch is that of its parts from here on. */
  exchange(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    this.#usedBytes += parts.reduce((bytes, part) => bytes + part.reservedBytes, -batch.reservedBytes)
    this.#trimSpares()
  }

  /** Whether a topic has batches that wait or are in flight. */
  isBusy(topic: string): boolean {
    return this.#topics.get(topic)?.some((queue) => !queue.isIdle) === true
  }

  /** Forgets the queues of a topic that has nothing under way, but for the numbers that their partitions go on from. */
  forget(topic: string): void {
    const queues = this.#topics.get(topic)
    if (queues === undefined || this.isBusy(topic)) return
    this.#topics.delete(topic)
    queues.forEach(({ partition, numbering }) => this.#resting.keep(topic, partition, numbering))
  }

  #trimSpares(): void {
    while (this.#spareBuilders.length > 0 && this.heldBytes > this.#options.bufferMemoryBytes) this.#spareBuilders.pop()
  }

  /** Undefined when there is no memory. */
  #newBatch(queue: PartitionQueue, record: EncodedRecord): ProducerBatch | undefined {
    const limit = this.#options.batchSizeBytes
    const bytes = record.maxBytes + BATCH_HEADER_BYTES <= limit ? limit : Math.max(limit, exactBytes(record) + BATCH_HEADER_BYTES)
    if (bytes > this.availableBytes) return undefined
    const builder = bytes === limit ? this.#spareBuilders.pop() : undefined
    return new ProducerBatch(queue.topic, queue.partition, this.#options.nowMs(), bytes, builder ?? new RecordBatchBuilder(bytes))
  }

  #open(queue: PartitionQueue, batch: ProducerBatch): void {
    this.#usedBytes += batch.reservedBytes
    this.#trimSpares()
    queue.waiting.push(batch)
    this.active.add(queue)
    this.#options.onBatch(false)
  }
}

/** What a record takes, its text measured; `maxBytes` is the estimate, which counts three bytes a character. */
export function exactBytes({ key, value, headers, maxBytes }: EncodedRecord): number {
  let bytes = maxBytes
  if (typeof key === 'string') bytes -= key.length * 3 - Buffer.byteLength(key)
  if (typeof value === 'string') bytes -= value.length * 3 - Buffer.byteLength(value)
  for (const header of headers ?? []) bytes -= header.key.length * 3 - Buffer.byteLength(header.key)
  return bytes
}
