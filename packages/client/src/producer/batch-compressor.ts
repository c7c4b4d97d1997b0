/** Compression of whole batches: small ones where they are sent, large or slow ones on other threads, so that none holds the event loop for long. */

import type { BatchCompression } from '@odradek/protocol'
import type { Codec, Runtime } from '@odradek/runtime'
import type { ProducerValues } from '../config/producer.ts'
import type { ProducerBatch } from './producer-batch.ts'

type CodecName = Exclude<ProducerValues['compressionType'], 'none'>

/**
 * From how many bytes on a thread pays. Measured on JSON in November 2026 (two cores, Node 20), milliseconds of the event loop for compressing
 * and for handing over with a copy: gzip 16 KiB 0.13 and 0.05, 1 MiB 56 and 0.6; zstd 64 KiB 0.16 and 0.04, 1 MiB 2.9 and 0.6; snappy and
 * lz4 64 KiB 0.06 and 0.02, 1 MiB 1.5 to 1.8 and 0.6. A thread also adds 0.1 ms of waiting, so that it must save more than it costs.
 */
const MIN_BYTES_OFF_THREAD: Readonly<Record<CodecName, number>> = { gzip: 8192, zstd: 32_768, snappy: 262_144, lz4: 262_144 }
/** From here on zstd sets up so much that a batch of one small record takes 100 ms to 3 s (the same machine); level 9 takes half a millisecond. */
const SLOW_ZSTD_LEVEL = 10
/** Batches of one producer at the threads: enough to keep them busy, few enough for others to get their turn. */
const MAX_OFF_THREAD = 8

export interface BatchCompressorOptions {
  readonly runtime: Runtime
  readonly config: ProducerValues
  /** A batch is compressed that was not when it was asked for. */
  readonly onCompressed: () => void
}

export class BatchCompressor {
  readonly #options: BatchCompressorOptions
  readonly #type: CodecName | undefined
  readonly #level: number | undefined
  readonly #minBytesOffThread: number
  readonly #underWay = new Set<ProducerBatch>()
  /** Batches that the threads have failed to compress. */
  readonly #forEventLoop = new WeakSet<ProducerBatch>()
  #codec: Codec | undefined

  constructor(options: BatchCompressorOptions) {
    const { compressionType, compressionGzipLevel, compressionZstdLevel } = options.config
    this.#options = options
    this.#type = compressionType === 'none' ? undefined : compressionType
    this.#level = compressionType === 'gzip' ? compressionGzipLevel : compressionType === 'zstd' ? compressionZstdLevel : undefined
    const isSlow = compressionType === 'zstd' && compressionZstdLevel >= SLOW_ZSTD_LEVEL
    this.#minBytesOffThread = compressionType === 'none' || isSlow ? 0 : MIN_BYTES_OFF_THREAD[compressionType]
  }

  get isLoaded(): boolean {
    return this.#type === undefined || this.#codec !== undefined
  }

  async load(): Promise<void> {
    if (this.#type !== undefined) this.#codec = await this.#options.runtime.codecs.load(this.#type)
  }

  /**
   * Whether the first of these batches can be encoded now, without holding the event loop. If not, it takes no more records, and the threads have
   * it; those behind it that take no more either follow it there.
   */
  prepare(waiting: readonly ProducerBatch[]): boolean {
    const [first] = waiting
    if (first === undefined || !this.#isForThreads(first)) return true
    first.isClosed = true
    for (const batch of waiting) {
      if (!batch.isClosed || this.#underWay.size >= MAX_OFF_THREAD) break
      if (this.#isForThreads(batch) && !this.#underWay.has(batch)) this.#compress(batch)
    }
    return false
  }

  /** How to encode a batch. Undefined without compression. */
  compression(batch: ProducerBatch): BatchCompression | undefined {
    const codec = this.#codec
    if (this.#type === undefined || codec === undefined) return undefined
    return { type: this.#type, compress: (data) => (batch.compressed ??= codec.compress(data, this.#level)) }
  }

  #isForThreads(batch: ProducerBatch): boolean {
    if (this.#type === undefined || batch.compressed !== undefined || this.#forEventLoop.has(batch)) return false
    return batch.sizeBytes >= this.#minBytesOffThread
  }

  #compress(batch: ProducerBatch): void {
    const { runtime, onCompressed } = this.#options
    const type = this.#type
    const records = batch.records()
    if (type === undefined || records === undefined) return
    this.#underWay.add(batch)
    void runtime.workers
      .compress(type, records, this.#level)
      .then(
        (compressed) => {
          if (!batch.isSettled) batch.compressed = compressed
        },
        // Threads that cannot be had are no reason to lose records.
        () => void this.#forEventLoop.add(batch),
      )
      .finally(() => {
        this.#underWay.delete(batch)
        onCompressed()
      })
  }
}
