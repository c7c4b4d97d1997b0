/**
 * Puts a cleaned segment in the place of those it was made from, so that a crash at any point leaves the one or the others:
 * `.cleaned` → `.swap`, the old ones → `.deleted`, `.swap` → no suffix. Until all is `.swap`, a start undoes it; after that it finishes it.
 */

import type { Files } from '@odradek/runtime'

import { scanBatches } from '../batch-scanner.ts'
import type { FilePool } from '../file-pool.ts'
import type { SegmentSuffix } from '../file-names.ts'
import { fileSuffixes, parseSegmentFileName, segmentFileName } from '../file-names.ts'
import type { Log } from '../log.ts'
import { retireFiles } from '../retired-files.ts'
import type { Segment } from '../segment.ts'

const CLEANED = '.cleaned'
const SWAP = '.swap'

/** `cleaned` is durable under its `.cleaned` names. Once the old files begin to go, a failure takes the log offline: a restart finishes it. */
export async function swapIn(log: Log, group: readonly Segment[], cleaned: Segment): Promise<void> {
  const { files, pool } = log.context
  const own = fileSuffixes.map((suffix) => ({ suffix, name: `${log.directory}/${segmentFileName(cleaned.baseOffset, suffix)}` }))
  const present: string[] = []
  for (const { name } of own) if ((await files.stat(name + CLEANED)) !== undefined) present.push(name)
  for (const name of present) await files.rename(name + CLEANED, name + SWAP)
  await files.syncDirectory(log.directory)
  const paths = group.flatMap((segment) => fileSuffixes.map((suffix) => segment.path(suffix)))
  const retired = group.flatMap((segment, at) => {
    const names = fileSuffixes.map((suffix) => segment.path(suffix))
    // The producers at the first segment's start are those at the cleaned one's.
    return at === 0 ? names : [...names, segment.path('snapshot')]
  })
  try {
    await pool.whileClosed(paths, async () => {
      log.replaceSegments(group, cleaned)
      await retireFiles(log, retired)
      await files.syncDirectory(log.directory)
      for (const name of present) {
        await files.rename(name + SWAP, name)
        // Whatever else has its name already, the log goes first.
        await files.syncDirectory(log.directory)
      }
    })
  } catch (error) {
    throw log.fail(error)
  }
  log.context.residentIndexes.touch(cleaned)
}

interface TemporaryFile {
  readonly name: string
  readonly baseOffset: number
  readonly suffix: SegmentSuffix
}

/** Before a log is opened: undoes a swap that had not begun to take files away, and finishes one that had. */
export async function recoverSwaps(files: Files, pool: FilePool, directory: string): Promise<void> {
  const names = (await files.list(directory)).map(({ name }) => name)
  const cleaned = temporaryFiles(names, CLEANED)
  const swaps = temporaryFiles(names, SWAP)
  if (cleaned.length === 0 && swaps.length === 0) return
  const undoneFrom = Math.min(...cleaned.map(({ baseOffset }) => baseOffset))
  // The swap files first: without the cleaned ones they would look complete.
  for (const { name, baseOffset } of swaps) if (baseOffset >= undoneFrom) await files.remove(`${directory}/${name}`)
  await files.syncDirectory(directory)
  for (const { name } of cleaned) await files.remove(`${directory}/${name}`)
  const kept = swaps.filter(({ baseOffset }) => baseOffset < undoneFrom)
  for (const { name, suffix, baseOffset } of kept) {
    if (suffix !== 'log') continue
    const endOffset = Math.max(await endOffsetOf(files, pool, `${directory}/${name}`, baseOffset), baseOffset + 1)
    await removeSegmentsBetween(files, directory, names, baseOffset, endOffset)
  }
  await files.syncDirectory(directory)
  // In the order of a swap, the log first.
  for (const suffix of fileSuffixes) {
    for (const swap of kept.filter((file) => file.suffix === suffix)) {
      await files.rename(`${directory}/${swap.name}`, `${directory}/${segmentFileName(swap.baseOffset, suffix)}`)
    }
    await files.syncDirectory(directory)
  }
}

function temporaryFiles(names: readonly string[], suffix: string): TemporaryFile[] {
  return names.flatMap((name) => {
    const parsed = name.endsWith(suffix) ? parseSegmentFileName(name.slice(0, -suffix.length)) : undefined
    return parsed === undefined ? [] : [{ name, ...parsed }]
  })
}

async function endOffsetOf(files: Files, pool: FilePool, path: string, baseOffset: number): Promise<number> {
  const sizeBytes = (await files.stat(path))?.sizeBytes ?? 0
  let endOffset = baseOffset
  // What is damaged is found, and told, when the log is read.
  await pool.use(path, false, (handle) =>
    scanBatches(handle, 0, sizeBytes, ({ header }) => {
      endOffset = header.lastOffset + 1
      return true
    }),
  )
  await pool.evict(path)
  return endOffset
}

async function removeSegmentsBetween(files: Files, directory: string, names: readonly string[], from: number, to: number): Promise<void> {
  for (const name of names) {
    const parsed = parseSegmentFileName(name)
    if (parsed === undefined || parsed.suffix === 'snapshot' || parsed.baseOffset < from || parsed.baseOffset >= to) continue
    await files.remove(`${directory}/${name}`)
  }
}
