/** Loads, rebuilds and saves the index files of a segment. A missing or damaged one is rebuilt from the log file. */

import type { FileHandle, Files } from '@odradek/runtime'

import type { BatchVisitor } from './batch-scanner.ts'
import { walkBatches } from './batch-scanner.ts'
import type { SegmentSuffix } from './file-names.ts'
import type { FilePool } from './file-pool.ts'
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import type { SegmentIndexes } from './segment.ts'
import { emptyIndexes, Segment } from './segment.ts'
import { CorruptSegmentError } from './storage-error.ts'
import type { StorageLogger } from './storage-logger.ts'
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from './time-index.ts'
import { TRANSACTION_INDEX_ENTRY_BYTES, TransactionIndex } from './transaction-index.ts'
import { transactionMarkerOf } from './transaction-marker.ts'

export interface IndexFilesContext {
  readonly files: Files
  readonly pool: FilePool
  readonly logger: StorageLogger
  readonly indexIntervalBytes: number
  readonly crc32c: (data: Uint8Array) => number
}

/** What the index files say, undefined where they cannot be right for the segment's log file. */
export async function readIndexFiles(files: Files, segment: Segment): Promise<SegmentIndexes | undefined> {
  const [offsetData, timeData, transactionData] = await Promise.all([
    readIfExists(files, segment.path('index')),
    readIfExists(files, segment.path('timeindex')),
    readIfExists(files, segment.path('txnindex')),
  ])
  if (offsetData === undefined || timeData === undefined) return undefined
  const offset = OffsetIndex.decode(segment.baseOffset, offsetData, segment.writtenBytes)
  const time = TimeIndex.decode(segment.baseOffset, timeData)
  const transaction = TransactionIndex.decode(segment.baseOffset, transactionData ?? Buffer.alloc(0))
  if (offset === undefined || time === undefined || transaction === undefined) return undefined
  return { offset, time, transaction, saved: { offset: offset.entries, time: time.entries, transaction: transaction.entries } }
}

/** The indexes of a closed segment, from its files or, where those are damaged, from its batches. */
export async function loadIndexes(context: IndexFilesContext, segment: Segment): Promise<SegmentIndexes> {
  if (segment.indexes !== undefined) return segment.indexes
  const indexes = await readIndexFiles(context.files, segment)
  if (indexes === undefined) return await rebuildIndexes(context, segment)
  // Appends may have begun meanwhile on what another caller has loaded.
  segment.indexes ??= indexes
  return segment.indexes
}

/** Offset and time index from the batches; a damaged transaction index from the producers at the segment's start and the batches. */
export async function rebuildIndexes(context: IndexFilesContext, segment: Segment): Promise<SegmentIndexes> {
  context.logger.warn(`Rebuilding the indexes of ${segment.path('log')}`)
  const transactionData = await readIfExists(context.files, segment.path('txnindex'))
  const kept = TransactionIndex.decode(segment.baseOffset, transactionData ?? Buffer.alloc(0))
  const producers = kept === undefined ? await producersAtStart(context, segment) : undefined
  const rebuilt: SegmentIndexes = { ...emptyIndexes(segment.baseOffset), transaction: kept ?? new TransactionIndex() }
  const scratch = new Segment(segment.directory, segment.baseOffset, 0, 0, 0)
  scratch.indexes = rebuilt
  await context.pool.use(segment.path('log'), false, (handle) =>
    walkCurrent(handle, segment, ({ header, buffer, at }) => {
      scratch.append(header, context.indexIntervalBytes)
      const aborted = producers?.apply(header, transactionMarkerOf(buffer, at, header))
      if (aborted !== undefined) rebuilt.transaction.append(aborted)
      return true
    }),
  )
  scratch.sealTimeIndex()
  segment.indexes = rebuilt
  await saveIndexes(context, segment, true)
  return rebuilt
}

/** Throws CorruptSegmentError when the segment has left the log: its file may be another one's by now. */
async function walkCurrent(handle: FileHandle, segment: Segment, visit: BatchVisitor): Promise<void> {
  const path = segment.path('log')
  if (segment.isDeleted) throw new CorruptSegmentError(path, 0, 'it is no longer part of the log')
  await walkBatches(handle, path, 0, segment.writtenBytes, visit)
}

async function producersAtStart(context: IndexFilesContext, segment: Segment): Promise<ProducerState> {
  if (segment.baseOffset === 0) return new ProducerState(0)
  const data = await readIfExists(context.files, segment.path('snapshot'))
  const entries = data === undefined ? undefined : decodeProducerSnapshot(data, context.crc32c)
  if (entries !== undefined) return new ProducerState(segment.baseOffset, entries)
  throw new CorruptSegmentError(
    segment.path('txnindex'),
    0,
    'damaged, and the producer snapshot to rebuild it from is missing or damaged too',
  )
}

/** Writes what the files lack, and syncs them when `durable`. */
export async function saveIndexes(context: IndexFilesContext, segment: Segment, durable: boolean): Promise<void> {
  const { indexes } = segment
  if (indexes === undefined) return
  const { offset, time, transaction, saved } = indexes
  saved.offset = await saveOne(context.pool, segment, 'index', offset, saved.offset, OFFSET_INDEX_ENTRY_BYTES, durable)
  saved.time = await saveOne(context.pool, segment, 'timeindex', time, saved.time, TIME_INDEX_ENTRY_BYTES, durable)
  if (transaction.entries === 0) return
  saved.transaction = await saveOne(
    context.pool,
    segment,
    'txnindex',
    transaction,
    saved.transaction,
    TRANSACTION_INDEX_ENTRY_BYTES,
    durable,
  )
}

interface EncodableIndex {
  readonly entries: number
  encode(from: number): Buffer
}

async function saveOne(
  pool: FilePool,
  segment: Segment,
  suffix: SegmentSuffix,
  index: EncodableIndex,
  saved: number,
  entryBytes: number,
  durable: boolean,
): Promise<number> {
  const { entries } = index
  const data = index.encode(saved)
  const path = segment.path(suffix)
  await pool.use(path, true, async (handle) => {
    // The name may be that of a cleaned segment's index by now.
    if (segment.isDeleted) return
    if (data.length > 0) await handle.write([data], saved * entryBytes)
    if (saved === 0) await handle.truncate(entries * entryBytes)
    if (durable) await handle.sync()
  })
  await pool.evict(path)
  return entries
}

async function readIfExists(files: Files, path: string): Promise<Buffer | undefined> {
  return (await files.stat(path)) === undefined ? undefined : await files.readFile(path)
}
