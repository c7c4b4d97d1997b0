/** Inflates and compresses large batches off the event loop, ahead of the append, where the topic stores another codec than they came in. */

import type { BatchHeader } from '@odradek/protocol'
import { batchCrcIsValid, batchLayout, batchSizeAt, MalformedError, readBatchHeader, RecordCursor, recordsSection } from '@odradek/protocol'
import type { CodecName, Runtime } from '@odradek/runtime'
import { CorruptCompressionError, DecompressionBoundError } from '@odradek/runtime'
import type { LogConfig } from '../storage/log-config.ts'
import { type Recompressed, rebuiltRecords, targetCompression } from './batch-records.ts'

/** Below this a thread's round trip costs more than it saves. */
const OFFLOADED_BYTES_MIN = 65_536
/** Beyond this it is done while it is appended: what waits in memory must not add up. */
const INFLATED_BYTES_MAX = 16_777_216

/** Undefined when there is nothing to do off the event loop, or the batch is at fault in a way that the append will tell. */
export function recompress(records: Buffer, config: LogConfig, runtime: Runtime): Promise<Recompressed> | undefined {
  if (config.compressionType === 'producer' || records.length < OFFLOADED_BYTES_MIN) return undefined
  const header = soundHeader(records, runtime)
  if (header === undefined) return undefined
  const target = targetCompression(header, config)
  return target === header.compression ? undefined : run(records, header, target, config, runtime)
}

/** True for what a client's bytes may lead to; anything else is a defect. */
export function isFaultOfBatch(error: unknown): boolean {
  return error instanceof MalformedError || error instanceof CorruptCompressionError || error instanceof DecompressionBoundError
}

function soundHeader(records: Buffer, { codecs }: Runtime): BatchHeader | undefined {
  try {
    if (batchSizeAt(records, 0) !== records.length || records.readInt8(batchLayout.MAGIC_AT) !== batchLayout.MAGIC_V2) return undefined
    return batchCrcIsValid(records, 0, (data) => codecs.crc32c(data)) ? readBatchHeader(records, 0) : undefined
  } catch (error) {
    if (isFaultOfBatch(error)) return undefined
    throw error
  }
}

async function run(
  records: Buffer,
  header: BatchHeader,
  target: BatchHeader['compression'],
  config: LogConfig,
  { workers }: Runtime,
): Promise<Recompressed> {
  const section = recordsSection(records, 0, header)
  const inflated =
    header.compression === 'none' ? section : toBuffer(await workers.decompress(header.compression, section, INFLATED_BYTES_MAX))
  const level = config.compressionLevel
  if (target === 'none') return { inflated, target, level, section: undefined }
  const compressed = await compressOffLoop(records, header, inflated, target, level, workers)
  return { inflated, target, level, section: compressed }
}

function compressOffLoop(
  records: Buffer,
  header: BatchHeader,
  inflated: Buffer,
  target: CodecName,
  level: number | undefined,
  workers: Runtime['workers'],
): Promise<Uint8Array> {
  const rebuilt = rebuiltRecords(new RecordCursor(), records, header, inflated)
  return workers.compress(target, rebuilt.records(), level)
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
