/** What a shard needs of the partition that holds its log, and the way records get in and out of it. */

import {
  type BatchHeader,
  batchLayout,
  buildEndTransactionMarkerBatch,
  readBatchHeader,
  readControlRecordType,
  RecordBatchBuilder,
  RecordCursor,
  recordsSection,
} from '@odradek/protocol'
import type { Codecs } from '@odradek/runtime'
import type { Partition } from '../../partition/partition.ts'
import type { CoordinatorRecord, StateMachine, TransactionalProducer, TransactionEnd } from './outcome.ts'

export type CoordinatorLog = Pick<Partition, 'logStartOffset' | 'logEndOffset' | 'append' | 'whenDurable' | 'forEachBatch'>

/** Inflated bytes of one batch that a load accepts; the log is the broker's own, so this only stops damage. */
const inflatedBytesMax = 64 * 1024 * 1024

export function encodeBatch(
  records: readonly CoordinatorRecord[],
  timestampMs: number,
  codecs: Codecs,
  options: { readonly baseSequence: number; readonly producer?: TransactionalProducer | undefined },
): Buffer {
  const builder = new RecordBatchBuilder(records.reduce((bytes, record) => bytes + estimateBytes(record), batchLayout.BATCH_HEADER_BYTES))
  for (const record of records) builder.append(timestampMs, record.key, record.value)
  const { baseSequence, producer } = options
  return builder.build({ crc32c: (data) => codecs.crc32c(data), baseSequence, ...producer, isTransactional: producer !== undefined })
}

export function encodeEnd({ producerId, producerEpoch, ...marker }: TransactionEnd, timestampMs: number, codecs: Codecs): Buffer {
  return buildEndTransactionMarkerBatch({ marker, timestampMs, producerId, producerEpoch, crc32c: (data) => codecs.crc32c(data) })
}

/** Splits records so that each part's batch stays within `batchBytesMax`, unless a single record is larger. */
export function splitRecords(records: readonly CoordinatorRecord[], batchBytesMax: number): CoordinatorRecord[][] {
  const parts: CoordinatorRecord[][] = []
  let part: CoordinatorRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = estimateBytes(record)
    if (part.length > 0 && bytes + size > batchBytesMax) {
      parts.push(part)
      part = []
      bytes = 0
    }
    part.push(record)
    bytes += size
  }
  if (part.length > 0) parts.push(part)
  return parts
}

/** Has the machine replay every record of the log, oldest first, those included that were appended just now and are still being written. Keys and values are copies that it may keep. */
export async function replayLog(log: CoordinatorLog, codecs: Codecs, machine: Pick<StateMachine, 'replay' | 'replayEnd'>): Promise<void> {
  const cursor = new RecordCursor()
  // What cannot be written is not part of the log.
  await log.whenDurable(log.logEndOffset - 1).catch(() => undefined)
  await log.forEachBatch(log.logStartOffset, async (batch) => {
    const header = readBatchHeader(batch, 0)
    const producerId = header.isTransactional ? header.producerId : -1
    cursor.reset(batch, 0, header, await inflate(batch, header, codecs))
    while (cursor.next()) {
      const key = cursor.key()
      if (key === null) continue
      if (header.isControl) {
        const type = readControlRecordType(key)
        if (type !== 'UNKNOWN') machine.replayEnd?.(header.producerId, type === 'COMMIT')
        continue
      }
      const value = cursor.value()
      const record = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) }
      machine.replay(record, { offset: cursor.offset, producerId })
    }
  })
}

function estimateBytes(record: CoordinatorRecord): number {
  return RecordBatchBuilder.estimateBytes(record.key, record.value)
}

async function inflate(batch: Buffer, header: BatchHeader, codecs: Codecs): Promise<Buffer> {
  const section = recordsSection(batch, 0, header)
  if (header.compression === 'none') return section
  const codec = await codecs.load(header.compression)
  const bytes = codec.decompress(section, inflatedBytesMax)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
