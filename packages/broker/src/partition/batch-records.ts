/** The checks of a batch that need its records: structure, keys, timestamps; and the batch rewritten where the topic asks for it. */

import type { BatchHeader } from '@odradek/protocol'
import {
  batchLayout,
  ErrorCodes,
  MalformedError,
  RecordBatchBuilder,
  RecordCursor,
  recordsSection,
  setLogAppendTime,
  setMaxTimestamp,
} from '@odradek/protocol'
import type { Codec, CodecName, Codecs } from '@odradek/runtime'
import { CorruptCompressionError, DecompressionBoundError } from '@odradek/runtime'

import type { LogConfig } from '../storage/log-config.ts'
import type { Envelope } from './batch-envelope.ts'
import { InvalidBatchError } from './invalid-batch-error.ts'
import type { RecordError } from './types.ts'

/** What one batch may inflate to: a multiple of the largest batch that the topic takes, and never less than this. */
const MIN_INFLATED_BOUND_BYTES = 67_108_864
const INFLATED_BOUND_FACTOR = 16
/** Beyond this many faulty records a response says no more about the batch than it has said already. */
const MAX_RECORD_ERRORS = 10_000
const NO_TIMESTAMP = -1

/** What was worked out ahead, for `append` to take. It holds for this target and level alone. */
export interface Recompressed {
  readonly inflated: Buffer
  readonly target: BatchHeader['compression']
  readonly level: number | undefined
  /** Undefined when the target is none. */
  readonly section: Uint8Array | undefined
}

export interface RecordRules {
  /** `<topic>-<partition>`, for messages. */
  readonly name: string
  readonly config: LogConfig
  readonly codecs: Codecs
  readonly nowMs: number
  /** What `recompress` has worked out of this batch. */
  readonly ahead: Recompressed | undefined
}

/** What a walk over the records has found. */
interface Walk {
  readonly maxTimestamp: number
  readonly isConsecutive: boolean
}

/** Shared by all partitions: validation is synchronous. */
const cursor: RecordCursor = new RecordCursor()

/** The batch to append, rewritten in place or anew. Its codec must have been loaded. Throws InvalidBatchError. */
export function validateRecords({ batch, header }: Envelope, rules: RecordRules): Buffer {
  const { config, codecs } = rules
  const crc32c = (data: Uint8Array): number => codecs.crc32c(data)
  const section = recordsSection(batch, 0, header)
  const records = rules.ahead?.inflated ?? inflate(header, section, rules)
  const walk = walkRecords(batch, header, records, rules)
  const target = targetCompression(header, config)
  let result = batch
  if (target !== header.compression || !walk.isConsecutive) {
    if (header.compression === 'none' && target === 'none') {
      throw new InvalidBatchError(
        ErrorCodes.INVALID_RECORD,
        `The offset deltas of the record batch in the append to ${rules.name} are not consecutive`,
      )
    }
    result = rebuild(batch, header, records, target === 'none' ? undefined : { name: target, codec: loadedCodec(codecs, target) }, rules)
    if (result.length > config.maxMessageBytes) {
      const sizes = `is ${result.length} bytes in append to partition ${rules.name} which exceeds the maximum configured size of ${config.maxMessageBytes}`
      throw new InvalidBatchError(ErrorCodes.MESSAGE_TOO_LARGE, `Message batch size ${sizes}.`)
    }
  }
  if (config.timestampType === 'LogAppendTime') setLogAppendTime(result, 0, rules.nowMs, crc32c)
  else if (walk.maxTimestamp !== header.maxTimestamp || header.timestampType === 'LogAppendTime')
    setMaxTimestamp(result, 0, walk.maxTimestamp, crc32c)
  return result
}

/** What the topic stores the batch as. */
export function targetCompression(
  { compression }: Pick<BatchHeader, 'compression'>,
  { compressionType }: LogConfig,
): BatchHeader['compression'] {
  if (compressionType === 'producer') return compression
  return compressionType === 'uncompressed' ? 'none' : compressionType
}

/** The codecs that `validateRecords` needs for a batch. */
export function codecsNeeded(header: Pick<BatchHeader, 'compression'>, config: LogConfig): CodecName[] {
  const needed = new Set<BatchHeader['compression']>([header.compression])
  if (config.compressionType !== 'producer' && config.compressionType !== 'uncompressed') needed.add(config.compressionType)
  return [...needed].filter((name) => name !== 'none')
}

export function inflatedBoundBytes(config: LogConfig): number {
  return Math.max(MIN_INFLATED_BOUND_BYTES, config.maxMessageBytes * INFLATED_BOUND_FACTOR)
}

function inflate(header: BatchHeader, section: Buffer, { config, codecs, name }: RecordRules): Buffer {
  if (header.compression === 'none') return section
  const codec = loadedCodec(codecs, header.compression)
  try {
    const inflated = codec.decompress(section, inflatedBoundBytes(config))
    return Buffer.from(inflated.buffer, inflated.byteOffset, inflated.length)
  } catch (error) {
    if (error instanceof DecompressionBoundError) {
      throw new InvalidBatchError(
        ErrorCodes.MESSAGE_TOO_LARGE,
        `The record batch in the append to ${name} inflates to more than ${inflatedBoundBytes(config)} bytes`,
      )
    }
    if (error instanceof CorruptCompressionError) {
      throw new InvalidBatchError(
        ErrorCodes.INVALID_RECORD,
        `The record batch in the append to ${name} cannot be inflated: ${error.message}`,
      )
    }
    throw error
  }
}

function walkRecords(batch: Buffer, header: BatchHeader, records: Buffer, rules: RecordRules): Walk {
  const { config } = rules
  const checkTimestamps = config.timestampType === 'CreateTime'
  const oldest = rules.nowMs - config.timestampBeforeMaxMs
  const newest = rules.nowMs + config.timestampAfterMaxMs
  const isStamped = header.timestampType === 'LogAppendTime'
  let errors: RecordErrors | undefined
  let maxTimestamp = NO_TIMESTAMP
  let isConsecutive = true
  let index = 0
  try {
    cursor.reset(batch, 0, header, records)
    while (cursor.next()) {
      cursor.checkHeaders()
      const { timestampMs } = cursor
      if (timestampMs > maxTimestamp) maxTimestamp = timestampMs
      if (cursor.offset !== header.baseOffset + index) isConsecutive = false
      if (config.cleanupCompact && cursor.keyLength < 0) {
        errors = RecordErrors.add(
          errors,
          ErrorCodes.INVALID_RECORD,
          index,
          `Compacted topic cannot accept message without key in topic partition ${rules.name}`,
        )
      } else if (checkTimestamps && timestampMs !== NO_TIMESTAMP) {
        if (timestampMs < oldest || timestampMs > newest) {
          const message = `Timestamp ${timestampMs} of message with offset ${index} is out of range. The timestamp should be within [${oldest}, ${newest}]`
          errors = RecordErrors.add(errors, ErrorCodes.INVALID_TIMESTAMP, index, message)
        }
      } else if (isStamped) {
        const message = `Invalid timestamp type in message with offset ${index}. Producer should not set timestamp type to LogAppendTime`
        errors = RecordErrors.add(errors, ErrorCodes.INVALID_TIMESTAMP, index, message)
      }
      index++
    }
  } catch (error) {
    if (error instanceof MalformedError) throw new InvalidBatchError(ErrorCodes.INVALID_RECORD, error.message)
    throw error
  }
  errors?.throw()
  return { maxTimestamp, isConsecutive }
}

/** The records as a new batch: other codec, consecutive offsets, the same producer. */
function rebuild(
  batch: Buffer,
  header: BatchHeader,
  records: Buffer,
  target: { name: CodecName; codec: Codec } | undefined,
  { config, codecs, ahead }: RecordRules,
): Buffer {
  const done = ahead !== undefined && ahead.target === target?.name && ahead.level === config.compressionLevel ? ahead.section : undefined
  return rebuiltRecords(cursor, batch, header, records).build({
    crc32c: (data) => codecs.crc32c(data),
    compression: target && { type: target.name, compress: (data) => done ?? target.codec.compress(data, config.compressionLevel) },
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
    isTransactional: header.isTransactional,
    isControl: header.isControl,
  })
}

/** The records in a builder of their own, with consecutive offsets. Throws MalformedError. */
export function rebuiltRecords(walker: RecordCursor, batch: Buffer, header: BatchHeader, records: Buffer): RecordBatchBuilder {
  const builder = new RecordBatchBuilder(records.length + batchLayout.BATCH_HEADER_BYTES)
  walker.reset(batch, 0, header, records)
  while (walker.next()) builder.append(walker.timestampMs, walker.key(), walker.value(), walker.headers())
  return builder
}

function loadedCodec(codecs: Codecs, name: CodecName): Codec {
  const codec = codecs.loaded(name)
  if (codec === undefined) throw new Error(`The ${name} codec is not loaded: call prepare() before append()`)
  return codec
}

class RecordErrors {
  #hasInvalidTimestamp: boolean
  readonly #errors: RecordError[]
  #count = 1

  constructor(errorCode: number, batchIndex: number, message: string) {
    this.#hasInvalidTimestamp = errorCode === ErrorCodes.INVALID_TIMESTAMP
    this.#errors = [{ batchIndex, message }]
  }

  static add(errors: RecordErrors | undefined, errorCode: number, batchIndex: number, message: string): RecordErrors {
    if (errors === undefined) return new RecordErrors(errorCode, batchIndex, message)
    errors.#count++
    if (errorCode === ErrorCodes.INVALID_TIMESTAMP) errors.#hasInvalidTimestamp = true
    if (errors.#errors.length < MAX_RECORD_ERRORS) errors.#errors.push({ batchIndex, message })
    return errors
  }

  throw(): never {
    if (this.#hasInvalidTimestamp) {
      throw new InvalidBatchError(
        ErrorCodes.INVALID_TIMESTAMP,
        'One or more records have been rejected due to invalid timestamp',
        this.#errors,
      )
    }
    const shown = this.#errors.slice(0, 3).map(({ batchIndex, message }) => `record ${batchIndex}: ${message}`)
    const summary = `${this.#count} record errors in total, and only showing the first three errors at most: ${shown.join('; ')}`
    throw new InvalidBatchError(ErrorCodes.INVALID_RECORD, `One or more records have been rejected due to ${summary}`, this.#errors)
  }
}
