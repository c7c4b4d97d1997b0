/** Kafka's compression codecs: ids in a batch's attributes, names in configuration, level bounds (KIP-390). */

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type CompressionName = 'none' | CodecName

export interface CompressionType {
  /** Bits 0–2 of a batch's attributes. */
  readonly id: number
  readonly name: CompressionName
  /** Absent where the codec has no levels. */
  readonly levels?: CompressionLevels
  /** First Produce version that may carry the codec. */
  readonly minProduceVersion: number
}

export interface CompressionLevels {
  readonly min: number
  readonly max: number
  readonly default: number
  /** Values outside min … max that are accepted as well: gzip's −1 is zlib's own default. */
  readonly also?: number
}

export const compressionTypes: readonly CompressionType[] = [
  { id: 0, name: 'none', minProduceVersion: 0 },
  { id: 1, name: 'gzip', minProduceVersion: 0, levels: { min: 1, max: 9, default: -1, also: -1 } },
  { id: 2, name: 'snappy', minProduceVersion: 0 },
  { id: 3, name: 'lz4', minProduceVersion: 0, levels: { min: 1, max: 17, default: 9 } },
  { id: 4, name: 'zstd', minProduceVersion: 7, levels: { min: -131072, max: 22, default: 3 } },
]

const byName = new Map<string, CompressionType>(compressionTypes.map((type) => [type.name, type]))

/** Undefined for ids that Kafka has not assigned (5–7). */
export function compressionTypeById(id: number): CompressionType | undefined {
  return compressionTypes[id]
}

/** By the lower-case name of `compression.type`; undefined for an unknown one ('producer' and 'uncompressed' are configuration, not codecs). */
export function compressionTypeByName(name: string): CompressionType | undefined {
  return byName.get(name)
}

/** Whether `compression.<name>.level` accepts `level`; false for codecs without levels. */
export function compressionLevelIsValid(name: CompressionName, level: number): boolean {
  const levels = byName.get(name)?.levels
  if (levels === undefined || !Number.isInteger(level)) return false
  return level === levels.also || (level >= levels.min && level <= levels.max)
}
