/** The batches of a partition: in the lines of kafka-dump-log, or as rows. */

import { join, resolve } from 'node:path'
import { once } from 'node:events'
import { batchLayout, type BatchHeader, incrementSequence } from '@odradek/protocol'
import type { InspectedBatch } from '@odradek/broker'
import type { OutputOptions } from '../../global-options.ts'
import { renderRows, say } from '../../output/output.ts'
import { CommandError } from '../../errors.ts'
import { readPartition } from './read.ts'

export interface BatchRow {
  readonly file: string
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitionLeaderEpoch: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** How a control batch ends the transaction; null for all other batches. */
  readonly endTxnMarker: 'COMMIT' | 'ABORT' | null
  /** Milliseconds since the epoch; null when it has none. */
  readonly deleteHorizonMs: number | null
  readonly position: number
  readonly timestampType: string
  readonly maxTimestamp: number
  readonly size: number
  readonly magic: number
  readonly compresscodec: string
  readonly crc: number
  readonly isvalid: boolean
}

/** Throws CommandError, after what can be read, when the log is damaged. */
export async function dumpLog(directory: string, { output }: OutputOptions): Promise<void> {
  const rows: BatchRow[] = []
  let file = ''
  let problems = 0
  for await (const each of readPartition(directory)) {
    if (each.kind === 'segment') {
      ;({ file } = each)
      if (output === 'table') await write(`Dumping ${join(resolve(directory), file)}\nLog starting offset: ${each.baseOffset}\n`)
    } else if (each.kind === 'problem') {
      problems++
      say(`${each.file}${each.position === undefined ? '' : ` at byte ${each.position}`}: ${each.reason}`)
    } else {
      const row = toRow(file, each)
      if (output === 'table') await write(`${toLine(row)}\n`)
      else if (output === 'ndjson') await write(await renderRows({ rows: [row], columns: [] }, output))
      else rows.push(row)
    }
  }
  if (output === 'json' || output === 'yaml') await write(await renderRows({ rows, columns: [] }, output))
  if (problems > 0) throw new CommandError(`${problems} ${problems === 1 ? 'problem' : 'problems'} in ${directory}`)
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

const NO_SEQUENCE = -1

function toRow(file: string, { header, position, isChecksumValid, marker }: InspectedBatch): BatchRow {
  return {
    file,
    baseOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    count: header.recordCount,
    baseSequence: header.baseSequence,
    lastSequence: header.baseSequence === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(header.baseSequence, header.lastOffsetDelta),
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    partitionLeaderEpoch: header.partitionLeaderEpoch,
    isTransactional: header.isTransactional,
    isControl: header.isControl,
    endTxnMarker: marker?.type ?? null,
    deleteHorizonMs: deleteHorizonMs(header),
    position,
    timestampType: header.timestampType,
    maxTimestamp: header.maxTimestamp,
    size: header.sizeBytes,
    magic: header.magic,
    compresscodec: header.compression,
    crc: header.crc,
    isvalid: isChecksumValid,
  }
}

/** Compaction keeps it in the place of the first timestamp (KIP-534). */
function deleteHorizonMs({ attributes, baseTimestamp }: BatchHeader): number | null {
  return (attributes & batchLayout.DELETE_HORIZON_BIT) === 0 ? null : baseTimestamp
}

/** As Kafka's tool prints a batch; what it says of markers further down, with the records, stands at the end. */
function toLine(row: BatchRow): string {
  const { file: _file, deleteHorizonMs: horizon, timestampType, maxTimestamp, endTxnMarker, ...rest } = row
  const cells: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(rest)) {
    cells[name] = value
    if (name === 'isControl') cells['deleteHorizonMs'] = horizon === null ? 'OptionalLong.empty' : `OptionalLong[${horizon}]`
    if (name === 'position') cells[timestampType] = maxTimestamp
  }
  if (endTxnMarker !== null) cells['endTxnMarker'] = endTxnMarker
  return Object.entries(cells)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' ')
}
