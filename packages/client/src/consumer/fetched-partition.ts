/** What a fetch brought for one partition: batches checked, inflated and filtered as their records are taken. */

import type { BatchHeader, CodecName, FetchResponsePartitionData } from '@odradek/protocol'
import {
  batchCrcIsValid,
  batchSizeAt,
  MalformedError,
  readBatchHeader,
  readControlRecordType,
  RecordCursor,
  recordsSection,
  UnsupportedMagicError,
} from '@odradek/protocol'
import { CorruptBatchError, ProtocolError } from '../errors/kafka-error.ts'
import type { AnyDeserializer } from '../serde/serde.ts'
import type { InflaterOptions } from './batch-inflater.ts'
import { BatchInflater } from './batch-inflater.ts'
import type { BatchContext } from './fetched-record.ts'
import { FetchedRecord } from './fetched-record.ts'
import type { ConsumerRecord } from './types.ts'

export interface DecodeOptions<K, V> extends InflaterOptions {
  readonly checkCrcs: boolean
  readonly readCommitted: boolean
  readonly key: AnyDeserializer<K> | undefined
  readonly value: AnyDeserializer<V> | undefined
}

export class FetchedPartition<K, V> {
  /** Offset of the next record to take. */
  nextOffset: number
  /** Epoch of the batch that the last record came from; −1 before the first. */
  leaderEpoch = -1
  /** Offset after the last whole batch. */
  readonly endOffset: number
  /** Epoch of the last whole batch; −1 when there is none. */
  readonly endEpoch: number
  /** Codecs that `take` will need. */
  readonly codecs: ReadonlySet<CodecName>
  readonly sizeBytes: number
  readonly #topic: string
  readonly #partition: number
  readonly #options: DecodeOptions<K, V>
  readonly #buffer: Buffer
  readonly #cursor = new RecordCursor()
  readonly #inflater: BatchInflater
  /** By first offset; those that have begun are moved to `#abortedProducers`. */
  readonly #aborted: { producerId: number; firstOffset: number }[]
  readonly #abortedProducers = new Set<number>()
  #position = 0
  #context: BatchContext<K, V> | undefined
  #lastOffset = -1
  /** Where the reading of a batch breaks off there is no going on. */
  #failure: ProtocolError | undefined

  constructor(topic: string, data: FetchResponsePartitionData, fetchOffset: number, options: DecodeOptions<K, V>) {
    this.#topic = topic
    this.#partition = data.partitionIndex
    this.#options = options
    this.#inflater = new BatchInflater(options)
    this.#buffer = data.records ?? Buffer.alloc(0)
    this.sizeBytes = this.#buffer.length
    this.nextOffset = fetchOffset
    const { endOffset, endEpoch, codecs } = this.#scan(fetchOffset)
    this.endOffset = endOffset
    this.endEpoch = endEpoch
    this.codecs = codecs
    this.#aborted = [...(data.abortedTransactions ?? [])].sort((left, right) => left.firstOffset - right.firstOffset)
  }

  /** The next batch is being inflated in another thread: there is nothing to take until then. */
  get isInflating(): boolean {
    return this.#inflater.isBusy
  }

  /** Adds up to `max` records to `target`; false when there are none left. Throws ProtocolError, again and again, on corrupt data. */
  take(max: number, target: ConsumerRecord<K, V>[]): boolean {
    if (this.#failure !== undefined) throw this.#failure
    const cursor = this.#cursor
    try {
      for (let left = max; left > 0; ) {
        const context = this.#context ?? this.#nextBatch()
        if (context === undefined) return this.isInflating
        const from = this.nextOffset
        while (left > 0) {
          if (!cursor.next()) {
            this.#endBatch()
            break
          }
          if (cursor.offset < from) continue
          target.push(
            new FetchedRecord(
              context,
              cursor.offset,
              cursor.timestampMs,
              cursor.keyStart,
              cursor.keyLength,
              cursor.valueStart,
              cursor.valueLength,
            ),
          )
          this.nextOffset = cursor.offset + 1
          left--
        }
      }
      return true
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const place = { topic: this.#topic, partition: this.#partition, offset: this.nextOffset }
      this.#failure =
        error instanceof ProtocolError
          ? error
          : new CorruptBatchError(place, Math.max(this.#lastOffset, this.nextOffset) + 1, reason, { cause: error })
      throw this.#failure
    }
  }

  /** Not handed over yet, counted in whole batches. */
  get remainingBytes(): number {
    return this.sizeBytes - this.#position
  }

  /** What only the headers of the batches tell. A header that cannot be read is left for `take` to complain about, in its turn. */
  #scan(fetchOffset: number): { endOffset: number; endEpoch: number; codecs: ReadonlySet<CodecName> } {
    const codecs = new Set<CodecName>()
    let endOffset = fetchOffset
    let endEpoch = -1
    try {
      for (let at = 0; this.#isWhole(at); ) {
        const header = readBatchHeader(this.#buffer, at)
        if (header.compression !== 'none') codecs.add(header.compression)
        endOffset = Math.max(endOffset, header.lastOffset + 1)
        endEpoch = header.partitionLeaderEpoch
        at += header.sizeBytes
      }
    } catch (error) {
      if (!(error instanceof MalformedError || error instanceof UnsupportedMagicError)) throw error
    }
    return { endOffset, endEpoch, codecs }
  }

  #endBatch(): void {
    this.#context = undefined
    // Compaction may have taken the last records of the batch.
    this.nextOffset = Math.max(this.nextOffset, this.#lastOffset + 1)
  }

  #nextBatch(): BatchContext<K, V> | undefined {
    while (this.#isWhole(this.#position)) {
      const position = this.#position
      const header = readBatchHeader(this.#buffer, position)
      this.#lastOffset = header.lastOffset
      if (this.#options.checkCrcs && !batchCrcIsValid(this.#buffer, position, (data) => this.#options.codecs.crc32c(data))) {
        throw new MalformedError(`the checksum of the batch at offset ${header.baseOffset} does not match`)
      }
      const isWanted = header.lastOffset >= this.nextOffset && !this.#isHidden(header, position)
      if (isWanted) {
        const records = this.#inflate(header, position)
        if (records === undefined) return undefined
        this.#position = position + header.sizeBytes
        this.#cursor.reset(this.#buffer, position, header, records)
        this.leaderEpoch = header.partitionLeaderEpoch
        this.#context = {
          topic: this.#topic,
          partition: this.#partition,
          timestampType: header.timestampType,
          leaderEpoch: header.partitionLeaderEpoch,
          buffer: records,
          key: this.#options.key,
          value: this.#options.value,
        }
        return this.#context
      }
      this.#position = position + header.sizeBytes
      this.#endBatch()
    }
    if (this.#position === 0 && this.#buffer.length > 0) throw new MalformedError('the response holds no whole batch')
    return undefined
  }

  #isWhole(position: number): boolean {
    const sizeBytes = batchSizeAt(this.#buffer, position)
    return sizeBytes >= 0 && position + sizeBytes <= this.#buffer.length
  }

  /** Control batches, and under read_committed the batches of aborted transactions. */
  #isHidden(header: BatchHeader, position: number): boolean {
    if (this.#options.readCommitted) {
      for (let first = this.#aborted[0]; first !== undefined && first.firstOffset <= header.lastOffset; first = this.#aborted[0]) {
        this.#abortedProducers.add(first.producerId)
        this.#aborted.shift()
      }
      if (header.isControl && this.#isAbortMarker(header, position)) this.#abortedProducers.delete(header.producerId)
    }
    return header.isControl || (header.isTransactional && this.#abortedProducers.has(header.producerId))
  }

  #isAbortMarker(header: BatchHeader, position: number): boolean {
    const cursor = new RecordCursor()
    cursor.reset(this.#buffer, position, header, recordsSection(this.#buffer, position, header))
    return cursor.next() && readControlRecordType(cursor.key()) === 'ABORT'
  }

  #inflate(header: BatchHeader, position: number): Buffer | undefined {
    const section = recordsSection(this.#buffer, position, header)
    return header.compression === 'none' ? section : this.#inflater.inflate(header.compression, section)
  }
}
