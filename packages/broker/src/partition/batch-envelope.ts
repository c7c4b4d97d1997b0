/** The checks of a batch that need its header and its CRC only, in the order in which Kafka makes them. */

import type { BatchHeader } from '@odradek/protocol'
import {
  batchCrcIsValid,
  batchLayout,
  batchSizeAt,
  compressionTypeById,
  ErrorCodes,
  MalformedError,
  readBatchHeader,
} from '@odradek/protocol'

import { InvalidBatchError } from './invalid-batch-error.ts'
import type { AppendOptions } from './types.ts'

export interface EnvelopeRules {
  /** `<topic>-<partition>`, for messages. */
  readonly name: string
  readonly maxMessageBytes: number
  readonly crc32c: (data: Uint8Array) => number
}

export interface Envelope {
  readonly batch: Buffer
  readonly header: BatchHeader
}

/** Where nothing else is said, the newest Produce version. */
const NEWEST_PRODUCE_VERSION = 13

/** The one batch in `records`, sound as far as its header tells. A cut second batch is ignored, as Kafka does. Throws InvalidBatchError. */
export function openEnvelope(records: Buffer, options: AppendOptions, rules: EnvelopeRules): Envelope {
  const envelope = onlyBatch(records, options.apiVersion ?? NEWEST_PRODUCE_VERSION)
  const { header } = envelope
  const isClient = options.origin === 'client'
  if (isClient && header.baseOffset !== 0) {
    throw invalid(`The baseOffset of the record batch in the append to ${rules.name} should be 0, but it is ${header.baseOffset}`)
  }
  if (header.sizeBytes > rules.maxMessageBytes) {
    const sizes = `is ${header.sizeBytes} bytes which exceeds the maximum configured value of ${rules.maxMessageBytes}`
    throw new InvalidBatchError(ErrorCodes.MESSAGE_TOO_LARGE, `The record batch size in the append to ${rules.name} ${sizes}.`)
  }
  if (!batchCrcIsValid(envelope.batch, 0, (data) => rules.crc32c(data))) {
    throw new InvalidBatchError(
      ErrorCodes.CORRUPT_MESSAGE,
      `Record is corrupt (stored crc = ${header.crc}) in topic partition ${rules.name}.`,
    )
  }
  if (isClient) checkClientBatch(header, rules.name)
  return envelope
}

/** What is wrong with `records` whatever partition they are for; undefined when nothing is. */
export function requestProblem(records: Buffer, apiVersion: number): InvalidBatchError | undefined {
  try {
    onlyBatch(records, apiVersion)
    return undefined
  } catch (error) {
    if (error instanceof InvalidBatchError) return error
    throw error
  }
}

function onlyBatch(records: Buffer, apiVersion: number): Envelope {
  const prefix = `Produce requests with version ${apiVersion}`
  const sizeBytes = sizeAt(records, 0)
  if (sizeBytes < 0) throw malformedRequest(`${prefix} must have at least one record batch per partition`)
  const magic = records.readInt8(batchLayout.MAGIC_AT)
  if (magic > batchLayout.MAGIC_V2) throw new InvalidBatchError(ErrorCodes.CORRUPT_MESSAGE, `Invalid magic found in record: ${magic}`)
  if (magic !== batchLayout.MAGIC_V2) {
    throw malformedRequest(`${prefix} are only allowed to contain record batches with magic version 2`)
  }
  const batch = sizeBytes === records.length ? records : records.subarray(0, sizeBytes)
  const codecId =
    sizeBytes < batchLayout.BATCH_HEADER_BYTES ? 0 : batch.readInt16BE(batchLayout.ATTRIBUTES_AT) & batchLayout.COMPRESSION_MASK
  const codec = compressionTypeById(codecId)
  if (codec === undefined) throw new InvalidBatchError(ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE, `Unknown compression type id: ${codecId}`)
  if (apiVersion < codec.minProduceVersion) {
    throw new InvalidBatchError(ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE, `${prefix} are not allowed to use ${codec.name} compression`)
  }
  if (sizeAt(records, sizeBytes) >= 0)
    throw malformedRequest(`${prefix} are only allowed to contain exactly one record batch per partition`)
  return { batch, header: malformedIs(ErrorCodes.CORRUPT_MESSAGE, () => readBatchHeader(batch, 0)) }
}

/** −1 when no whole batch starts at `position`. */
function sizeAt(records: Buffer, position: number): number {
  const sizeBytes = malformedIs(ErrorCodes.CORRUPT_MESSAGE, () => batchSizeAt(records, position))
  return position + sizeBytes > records.length ? -1 : sizeBytes
}

function checkClientBatch(header: BatchHeader, name: string): void {
  const range = `[${header.baseOffset}, ${header.lastOffset}] in topic partition ${name}`
  if (header.lastOffsetDelta < 0) throw invalid(`Batch has an invalid offset range: ${range}`)
  if (header.recordCount <= 0) throw invalid(`Invalid reported count for record batch: ${header.recordCount} in topic partition ${name}`)
  if (header.lastOffsetDelta + 1 !== header.recordCount) {
    throw invalid(
      `Inconsistent batch offset range [${header.baseOffset}, ${header.lastOffset}] and count of records ${header.recordCount} in topic partition ${name}`,
    )
  }
  if (header.isControl) throw invalid(`Clients are not allowed to write control records in topic partition ${name}`)
  if (header.producerId >= 0 && header.baseSequence < 0) {
    throw invalid(
      `Invalid sequence number ${header.baseSequence} in record batch with producerId ${header.producerId} in topic partition ${name}`,
    )
  }
}

/** Runs a decoder and turns its MalformedError into a rejection. */
export function malformedIs<T>(errorCode: number, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof MalformedError) throw new InvalidBatchError(errorCode, error.message)
    throw error
  }
}

/** What Kafka finds wrong with the request, before it looks for the log. */
function malformedRequest(message: string): InvalidBatchError {
  return new InvalidBatchError(ErrorCodes.INVALID_RECORD, message, [], false)
}

function invalid(message: string): InvalidBatchError {
  return new InvalidBatchError(ErrorCodes.INVALID_RECORD, message)
}
