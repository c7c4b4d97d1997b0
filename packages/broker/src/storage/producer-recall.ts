/**
 * Finds the batches that a producer snapshot leaves out. It names each producer's last batch alone, but with five in flight the answers to
 * the four before may be lost with the broker, too: sent again, they must be known.
 */

import type { Files } from '@odradek/runtime'

import { scanBatches } from './batch-scanner.ts'
import type { FilePool } from './file-pool.ts'
import type { ProducerState } from './producer-state.ts'
import { readIndexFiles } from './segment-indexes.ts'
import type { Segment } from './segment.ts'

/** How far back is looked: a start must not read all there is. */
const RECALLED_BYTES = 1_048_576

/** `producers` is as its snapshot has it. */
export async function recallBatches(
  { files, pool }: { readonly files: Files; readonly pool: FilePool },
  segments: readonly Segment[],
  producers: ProducerState,
): Promise<void> {
  if (!producers.hasProducers) return
  const { endOffset } = producers
  let wantedBytes = RECALLED_BYTES
  for (const segment of segments.filter(({ baseOffset }) => baseOffset < endOffset).reverse()) {
    const { from, end } = await stretchOf(files, segment, endOffset, wantedBytes)
    // What is damaged here is found, and told, where it matters: when it is scanned or read.
    await pool.use(segment.path('log'), false, (handle) =>
      scanBatches(handle, from, segment.writtenBytes, ({ header }) => {
        if (header.baseOffset < endOffset) producers.recall(header)
        return header.lastOffset + 1 < endOffset
      }),
    )
    wantedBytes -= end - from
    if (wantedBytes <= 0) return
  }
}

/** Where the segment's last `wantedBytes` before `endOffset` begin, and about where they end. */
async function stretchOf(files: Files, segment: Segment, endOffset: number, wantedBytes: number): Promise<{ from: number; end: number }> {
  const index = (await readIndexFiles(files, segment))?.offset
  const isWhole = index === undefined || index.lastOffset < endOffset
  const end = isWhole ? segment.writtenBytes : index.positionFor(endOffset)
  if (end <= wantedBytes || index === undefined) return { from: end <= wantedBytes ? 0 : end, end }
  let entry = index.floorEntry(endOffset)
  while (entry > 0 && end - index.positionAt(entry) < wantedBytes) entry--
  return { from: entry < 0 ? end : index.positionAt(entry), end }
}
