/** Takes files out of a log: renamed to `.deleted` at once, removed after `file.delete.delay.ms` or at the next start. */

import { DELETED_SUFFIX } from './file-names.ts'
import type { Log } from './log.ts'

/** Those that do not exist are passed over. Nobody may have them open, or open them meanwhile: see `FilePool.whileClosed`. */
export async function retireFiles(log: Log, paths: readonly string[]): Promise<void> {
  const { files, clock, logger } = log.context
  const renamed: string[] = []
  for (const path of paths) {
    if ((await files.stat(path)) === undefined) continue
    await files.rename(path, path + DELETED_SUFFIX)
    renamed.push(path + DELETED_SUFFIX)
  }
  clock.setTimer(
    log.config.fileDeleteDelayMs,
    () => {
      for (const path of renamed) {
        files.remove(path).catch((error: unknown) => logger.warn(`${path}: ${String(error)}`))
      }
    },
    true,
  )
}
