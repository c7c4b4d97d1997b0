/** A real runtime whose file operations a test can hold back or make fail. */

import type { FileHandle, OpenMode, Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'

export interface FileFaults {
  /** Runs before each write and each sync; what it throws is what fails. */
  beforeWrite?(path: string): Promise<void> | void
  beforeSync?(path: string): Promise<void> | void
  afterSync?(path: string): void
}

export function runtimeWithFaults(faults: FileFaults): Runtime {
  const runtime = createNodeRuntime()
  const open = async (path: string, mode: OpenMode): Promise<FileHandle> => {
    const handle = await runtime.files.open(path, mode)
    return {
      read: (...args) => handle.read(...args),
      write: async (chunks, position) => {
        await faults.beforeWrite?.(path)
        await handle.write(chunks, position)
      },
      sync: async () => {
        await faults.beforeSync?.(path)
        await handle.sync()
        faults.afterSync?.(path)
      },
      truncate: (sizeBytes) => handle.truncate(sizeBytes),
      sizeBytes: () => handle.sizeBytes(),
      close: () => handle.close(),
    }
  }
  return { ...runtime, files: { ...runtime.files, open } }
}
