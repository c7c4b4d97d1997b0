/** Inflates the batches of one chunk: at once, or in another thread where that would hold the event loop up. One batch at a time. */

import type { CodecName } from '@odradek/protocol'
import type { Codecs, Workers } from '@odradek/runtime'
import { ProtocolError } from '../errors/kafka-error.ts'

/** A batch that inflates to more is taken for an attack. */
const MAX_INFLATED_BYTES = 256 * 1024 * 1024
/** Compressed sizes from which a batch takes some milliseconds, against the fraction of one that a thread costs. */
const ELSEWHERE_BYTES: Readonly<Record<CodecName, number>> = { gzip: 131_072, zstd: 131_072, snappy: 1_048_576, lz4: 1_048_576 }

export interface InflaterOptions {
  readonly codecs: Codecs
  readonly workers: Workers
  /** A batch that was inflated elsewhere is there. */
  readonly onInflated: () => void
}

interface Elsewhere {
  readonly section: Buffer
  result: { readonly records: Buffer } | { readonly error: unknown } | undefined
}

export class BatchInflater {
  readonly #options: InflaterOptions
  #elsewhere: Elsewhere | undefined

  constructor(options: InflaterOptions) {
    this.#options = options
  }

  get isBusy(): boolean {
    return this.#elsewhere !== undefined && this.#elsewhere.result === undefined
  }

  /** The records; undefined until another thread has them, for which to ask again. Throws as codecs do. */
  inflate(codec: CodecName, section: Buffer): Buffer | undefined {
    if (section.length < ELSEWHERE_BYTES[codec]) return this.#inflateHere(codec, section)
    if (this.#elsewhere?.section.byteOffset !== section.byteOffset) this.#inflateElsewhere(codec, section)
    const result = this.#elsewhere?.result
    if (result === undefined) return undefined
    this.#elsewhere = undefined
    if ('error' in result) throw result.error
    return result.records
  }

  #inflateHere(name: CodecName, section: Buffer): Buffer {
    const codec = this.#options.codecs.loaded(name)
    if (codec === undefined) throw new ProtocolError(`The codec ${name} is not loaded`)
    return asBuffer(codec.decompress(section, MAX_INFLATED_BYTES))
  }

  #inflateElsewhere(codec: CodecName, section: Buffer): void {
    const elsewhere: Elsewhere = { section, result: undefined }
    this.#elsewhere = elsewhere
    this.#options.workers
      .decompress(codec, section, MAX_INFLATED_BYTES)
      .then(
        (records) => {
          elsewhere.result = { records: asBuffer(records) }
        },
        (error: unknown) => {
          elsewhere.result = { error }
        },
      )
      .finally(() => this.#options.onInflated())
  }
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.length)
}
