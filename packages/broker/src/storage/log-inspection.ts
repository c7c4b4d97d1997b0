/** Reads a partition's directory without a broker and without changing it: every batch, and what is wrong with it or with the files beside. */

import type { BatchHeader, EndTransactionMarker } from '@odradek/protocol'
import { batchCrcIsValid } from '@odradek/protocol'
import type { FileHandle, Runtime } from '@odradek/runtime'

import { type ScanEnd, scanBatches } from './batch-scanner.ts'
import { CheckpointError, parseEpochCheckpoint } from './checkpoint-file.ts'
import { LEADER_EPOCH_CHECKPOINT, parseSegmentFileName, segmentFileName } from './file-names.ts'
import { IndexInspection } from './index-inspection.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { TransactionIndexInspection } from './transaction-index-inspection.ts'
import { TransactionIndex } from './transaction-index.ts'
import { transactionMarkerOf } from './transaction-marker.ts'

/** A batch as it lies in its segment. */
export interface InspectedBatch {
  readonly kind: 'batch'
  readonly header: BatchHeader
  /** Of the first byte in the segment's file. */
  readonly position: number
  readonly isChecksumValid: boolean
  /** How a control batch ends its producer's transaction; undefined for all other batches. */
  readonly marker: EndTransactionMarker | undefined
}

export interface InspectedSegment {
  readonly kind: 'segment'
  readonly file: string
  readonly baseOffset: number
  readonly sizeBytes: number
}

export interface LogProblem {
  readonly kind: 'problem'
  readonly file: string
  /** In bytes from the start of the file; undefined when it is the file as a whole. */
  readonly position: number | undefined
  readonly reason: string
}

export type Inspected = InspectedSegment | InspectedBatch | LogProblem

/** How many batches are in memory at a time. */
const MAX_BATCHES_HELD = 500

/**
 * The segments in order, each followed by its batches, and problems where they are found. Yields nothing for a directory without segments;
 * rejects with Node's error (`code` ENOENT, ENOTDIR …) for what is no directory. A broker may be writing to it: its last batch then looks cut
 * short, and its indexes lag behind.
 */
export async function* inspectPartition(runtime: Pick<Runtime, 'files' | 'codecs'>, directory: string): AsyncGenerator<Inspected> {
  const { files } = runtime
  const names = (await files.list(directory)).map(({ name }) => name)
  const parsed = names.flatMap((name) => parseSegmentFileName(name) ?? [])
  const segments = parsed.filter(({ suffix }) => suffix === 'log').map(({ baseOffset }) => baseOffset)
  segments.sort((left, right) => left - right)
  const transactions = await openTransactions(runtime, directory, segments[0] ?? 0, parsed)
  let nextOffset = -1
  for (const baseOffset of segments) {
    const file = segmentFileName(baseOffset, 'log')
    if (nextOffset > baseOffset) yield problem(file, undefined, `starts below offset ${nextOffset}, where the segment before it ends`)
    nextOffset = yield* inspectSegment(runtime, directory, baseOffset, transactions)
    const index = await readTransactionIndex(files, directory, baseOffset)
    for (const { file: name, position, reason } of transactions.finishSegment(baseOffset, index)) yield problem(name, position, reason)
  }
  for (const { baseOffset, suffix } of parsed) {
    const file = segmentFileName(baseOffset, suffix)
    const isSound = suffix === 'txnindex' ? soundTransactionIndex : suffix === 'snapshot' ? soundSnapshot : undefined
    if (isSound === undefined || isSound(runtime, baseOffset, await files.readFile(`${directory}/${file}`))) continue
    yield problem(file, undefined, suffix === 'txnindex' ? 'is no index of transactions' : 'is torn, or its checksum does not match')
  }
  if (names.includes(LEADER_EPOCH_CHECKPOINT)) yield* inspectEpochs(runtime, directory)
}

/** Returns the offset after the last batch. */
async function* inspectSegment(
  { files, codecs }: Pick<Runtime, 'files' | 'codecs'>,
  directory: string,
  baseOffset: number,
  transactions: TransactionIndexInspection,
): AsyncGenerator<Inspected, number> {
  const file = segmentFileName(baseOffset, 'log')
  const path = `${directory}/${file}`
  const sizeBytes = (await files.stat(path))?.sizeBytes ?? 0
  yield { kind: 'segment', file, baseOffset, sizeBytes }
  const indexes = await IndexInspection.open(files, directory, baseOffset, sizeBytes)
  const handle = await files.open(path, 'read')
  let nextOffset = baseOffset
  try {
    for (let position = 0; position < sizeBytes; ) {
      const { batches, end } = await readBatches(handle, position, sizeBytes, (data) => codecs.crc32c(data))
      for (const batch of batches) {
        const { header } = batch
        yield batch
        if (!batch.isChecksumValid || header.baseOffset < nextOffset) transactions.giveUp()
        if (!batch.isChecksumValid)
          yield problem(file, batch.position, `the checksum of the batch at offset ${header.baseOffset} does not match`)
        if (header.baseOffset < nextOffset) {
          yield problem(file, batch.position, `offset ${header.baseOffset} where ${nextOffset} or a later one is due`)
        }
        nextOffset = header.lastOffset + 1
        indexes.note(header, batch.position)
        transactions.note(header, batch.marker)
      }
      if (end.defect !== undefined) {
        transactions.giveUp()
        yield problem(file, end.position, end.defect)
        break
      }
      position = end.position
    }
  } finally {
    await handle.close()
  }
  for (const { file: index, position, reason } of indexes.finish()) yield problem(index, position, reason)
  return nextOffset
}

async function readBatches(
  handle: FileHandle,
  position: number,
  sizeBytes: number,
  crc32c: (data: Uint8Array) => number,
): Promise<{ batches: InspectedBatch[]; end: ScanEnd }> {
  const batches: InspectedBatch[] = []
  const end = await scanBatches(handle, position, sizeBytes, ({ header, buffer, at, position: start }) => {
    const isChecksumValid = batchCrcIsValid(buffer, at, crc32c)
    batches.push({ kind: 'batch', header, position: start, isChecksumValid, marker: transactionMarkerOf(buffer, at, header) })
    return batches.length < MAX_BATCHES_HELD
  })
  return { batches, end }
}

/** Begins with the producers of the oldest segment, where the directory says who they were. */
async function openTransactions(
  { files, codecs }: Pick<Runtime, 'files' | 'codecs'>,
  directory: string,
  startOffset: number,
  parsed: readonly { readonly baseOffset: number; readonly suffix: string }[],
): Promise<TransactionIndexInspection> {
  let savedBelow = -1
  let start: ReturnType<typeof decodeProducerSnapshot>
  for (const { baseOffset, suffix } of parsed) {
    if (suffix !== 'snapshot') continue
    const data = await files.readFile(`${directory}/${segmentFileName(baseOffset, 'snapshot')}`)
    const producers = decodeProducerSnapshot(data, (bytes) => codecs.crc32c(bytes))
    if (producers === undefined) continue
    savedBelow = Math.max(savedBelow, baseOffset)
    if (baseOffset === startOffset) start = producers
  }
  return new TransactionIndexInspection(startOffset, start, savedBelow)
}

/** One that is missing has no entries, as a broker reads it; undefined where the file is no index. */
async function readTransactionIndex(files: Runtime['files'], directory: string, baseOffset: number): Promise<TransactionIndex | undefined> {
  const path = `${directory}/${segmentFileName(baseOffset, 'txnindex')}`
  return TransactionIndex.decode(baseOffset, (await files.stat(path)) === undefined ? Buffer.alloc(0) : await files.readFile(path))
}

async function* inspectEpochs({ files }: Pick<Runtime, 'files'>, directory: string): AsyncGenerator<LogProblem> {
  try {
    parseEpochCheckpoint(await files.readFile(`${directory}/${LEADER_EPOCH_CHECKPOINT}`))
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    yield problem(LEADER_EPOCH_CHECKPOINT, undefined, error.message)
  }
}

function soundTransactionIndex(_runtime: unknown, baseOffset: number, data: Buffer): boolean {
  return TransactionIndex.decode(baseOffset, data) !== undefined
}

function soundSnapshot({ codecs }: Pick<Runtime, 'codecs'>, _baseOffset: number, data: Buffer): boolean {
  return decodeProducerSnapshot(data, (bytes) => codecs.crc32c(bytes)) !== undefined
}

function problem(file: string, position: number | undefined, reason: string): LogProblem {
  return { kind: 'problem', file, position, reason }
}
