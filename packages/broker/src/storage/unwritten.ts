/** Takes off the disk what a failed write has left of batches that nobody was told are there. */

import { fileSuffixes } from './file-names.ts'
import type { Log } from './log.ts'

/** Afterwards the files of a log that has failed end where it says that they do. Rejects with an error of the disk. */
export async function discardUnwritten({ segments, context: { files, pool } }: Log): Promise<void> {
  for (const [at, segment] of segments.entries()) {
    const path = segment.path('log')
    if (at > 0 && segment.writtenBytes === 0) {
      for (const suffix of fileSuffixes) {
        await pool.evict(segment.path(suffix))
        await files.remove(segment.path(suffix))
      }
    } else if (((await files.stat(path))?.sizeBytes ?? 0) > segment.writtenBytes) {
      await pool.use(path, false, async (handle) => {
        await handle.truncate(segment.writtenBytes)
        await handle.sync()
      })
    }
  }
}
