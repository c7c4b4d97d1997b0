/** A runtime whose file operations a test can hold back or make fail. */

import type { FileHandle, OpenMode, Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'

export interface FileFaults {
  /** Runs before each write and each sync; what it throws is what fails. */
  beforeWrite?(path: string): Promise<void> | void
  beforeSync?(path: string): Promise<void> | void
  afterSync?(path: string): void
}

/** The runtime given, a real one where none is, with these faults in it from now on. */
export function runtimeWithFaults(faults: FileFaults, runtime: Runtime = createNodeRuntime()): Runtime {
  const { files } = runtime
  const open = files.open.bind(files)
  files.open = async (path: string, mode: OpenMode): Promise<FileHandle> => {
    const handle = await open(path, mode)
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
  return runtime
}
