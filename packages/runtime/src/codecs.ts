/** The seam to compression and checksums, whose implementations are native and loaded when first used. */

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface Codec {
  /** Compresses in Kafka's framing for this codec. `level` is ignored by codecs without levels. */
  compress(data: Uint8Array, level?: number): Uint8Array
  /**
   * The inflated bytes, in fresh memory. Throws `DecompressionBoundError` before inflating past `maxOutputBytes`,
   * and `CorruptCompressionError` on malformed input.
   */
  decompress(data: Uint8Array, maxOutputBytes: number): Uint8Array
}

export class DecompressionBoundError extends Error {
  override readonly name = 'DecompressionBoundError'
}

export class CorruptCompressionError extends Error {
  override readonly name = 'CorruptCompressionError'
}

export interface Codecs {
  /** Loads the implementation; cheap once loaded. */
  load(name: CodecName): Promise<Codec>
  /** The codec when it has been loaded, for synchronous hot paths. */
  loaded(name: CodecName): Codec | undefined
  /** CRC-32C (Castagnoli) of `data`, as an unsigned 32-bit integer. */
  crc32c(data: Uint8Array): number
}
