/** The seam to the disk. Errors are Node-style (`code` ENOENT, EACCES, ENOSPC, EEXIST …). */

export interface FileHandle {
  /** Reads up to `length` bytes at `position` into `target` at `targetOffset`; resolves to the count, less only at the end of the file. */
  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number>
  /** Writes all chunks, in order, at `position`. On rejection any prefix may have been written. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>
  /** Makes data and size durable (fdatasync where there is one). */
  sync(): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

/** read: must exist. write: created when missing, read and write, kept as it is. create: as write, fails with EEXIST. */
export type OpenMode = 'read' | 'write' | 'create'

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface FileStat {
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly isDirectory: boolean
}

/** A lock on a directory that ends with the process that holds it, however it ends. */
export interface DirectoryLock {
  release(): Promise<void>
}

export interface Files {
  open(path: string, mode: OpenMode): Promise<FileHandle>
  readFile(path: string): Promise<Buffer>
  /** Durable replacement: temporary file, sync, rename over `path`, sync of the directory. */
  writeFileAtomic(path: string, data: Uint8Array): Promise<void>
  /** Renames a file or a directory; atomic, replaces a file. Call `syncDirectory` of the parents to make it durable. */
  rename(from: string, to: string): Promise<void>
  /** Removes a file; no error when it does not exist. */
  remove(path: string): Promise<void>
  /** Removes a directory with everything in it; no error when it does not exist. */
  removeDirectory(path: string): Promise<void>
  makeDirectory(path: string): Promise<void>
  /** Rejects with ENOENT when the directory does not exist. Order is by name. */
  list(path: string): Promise<DirectoryEntry[]>
  /** Undefined when there is nothing at `path`. */
  stat(path: string): Promise<FileStat | undefined>
  syncDirectory(path: string): Promise<void>
  /** A fresh, empty directory for the caller, who removes it. */
  makeTemporaryDirectory(prefix: string): Promise<string>
  /** Rejects with code ELOCKED when a living process (this one included) holds it. */
  lockDirectory(path: string): Promise<DirectoryLock>
  /** Bytes free on the file system of `path`. */
  freeBytes(path: string): Promise<number>
}
