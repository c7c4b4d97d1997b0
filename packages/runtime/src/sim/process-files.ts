/** Owns the files of a host as one of its processes sees them. */

import type { DirectoryEntry, DirectoryLock, FileHandle, Files, FileStat, OpenMode } from '../files.ts'
import { DirectoryNode } from './directory-node.ts'
import { SystemError } from './errors.ts'
import type { SimHost } from './host.ts'
import type { SimProcess } from './process.ts'
import { ProcessDisk } from './process-disk.ts'
import { ProcessFileHandle } from './process-file-handle.ts'
import type { World } from './world.ts'

export class ProcessFiles implements Files {
  readonly #world: World
  readonly #host: SimHost
  readonly #process: SimProcess
  readonly #disk: ProcessDisk
  readonly #replacing = new Map<string, Promise<void>>()

  constructor(world: World, host: SimHost, process: SimProcess) {
    this.#world = world
    this.#host = host
    this.#process = process
    this.#disk = new ProcessDisk(world, host, process)
  }

  open(path: string, mode: OpenMode): Promise<FileHandle> {
    return this.#disk.change(() => {
      const entry = this.#host.disk.locate(path, 'open')
      if (entry.node instanceof DirectoryNode) throw new SystemError('EISDIR', 'open', path)
      if (entry.node !== undefined && mode === 'create') throw new SystemError('EEXIST', 'open', path)
      if (entry.node === undefined && mode === 'read') throw new SystemError('ENOENT', 'open', path)
      const file = entry.node ?? this.#host.disk.createFile(entry)
      return new ProcessFileHandle(this.#host, this.#disk, path, file, mode !== 'read')
    })
  }

  readFile(path: string): Promise<Buffer> {
    return this.#disk.look(0, () => {
      const file = this.#host.disk.file(path, 'open')
      const bytes = Buffer.alloc(file.sizeBytes)
      file.read(bytes, 0)
      return bytes
    })
  }

  async writeFileAtomic(path: string, data: Uint8Array): Promise<void> {
    // Replacements of one file take turns, because they share the name of its temporary file.
    const before = this.#replacing.get(path) ?? Promise.resolve()
    const turn = before.then(() => this.#replace(path, data))
    const settled = turn.catch(() => undefined)
    this.#replacing.set(path, settled)
    await turn
    if (this.#replacing.get(path) === settled) this.#replacing.delete(path)
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.change(() => this.#host.disk.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#disk.change(() => {
      const entry = this.#locateIfThere(path, 'unlink')
      if (entry?.node instanceof DirectoryNode) throw new SystemError('EISDIR', 'unlink', path)
      if (entry !== undefined) this.#host.disk.remove(entry)
    })
  }

  removeDirectory(path: string): Promise<void> {
    return this.#disk.change(() => {
      const entry = this.#locateIfThere(path, 'rm')
      if (entry !== undefined) this.#host.disk.remove(entry)
    })
  }

  makeDirectory(path: string): Promise<void> {
    return this.#disk.change(() => this.#host.disk.makeDirectory(path))
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.#disk.look(0, () => {
      const { entries } = this.#host.disk.directory(path, 'scandir')
      const names = [...entries.keys()].sort()
      return names.map((name) => ({ name, isDirectory: entries.get(name) instanceof DirectoryNode }))
    })
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#disk.look(0, () => {
      const node = this.#locateIfThere(path, 'stat')?.node
      if (node === undefined) return undefined
      if (node instanceof DirectoryNode) return { sizeBytes: 0, modifiedMs: this.#world.epochMs, isDirectory: true }
      return { sizeBytes: node.sizeBytes, modifiedMs: node.modifiedMs, isDirectory: false }
    })
  }

  syncDirectory(path: string): Promise<void> {
    return this.#disk.syncDirectory(path)
  }

  makeTemporaryDirectory(prefix: string): Promise<string> {
    const path = `/tmp/${prefix}${this.#disk.temporaryName()}`
    return this.#disk.change(() => {
      this.#host.disk.makeDirectory(path)
      return path
    })
  }

  lockDirectory(path: string): Promise<DirectoryLock> {
    return this.#disk.look(0, () => {
      const directory = this.#host.disk.directory(path, 'lock')
      if (this.#host.directoryLocks.get(directory)?.isAlive === true) throw new SystemError('ELOCKED', 'lock', path)
      this.#host.directoryLocks.set(directory, this.#process)
      return { release: () => this.#disk.look(0, () => void this.#host.directoryLocks.delete(directory)) }
    })
  }

  freeBytes(path: string): Promise<number> {
    return this.#disk.look(0, () => {
      this.#host.disk.locate(path, 'statfs')
      return this.#host.disk.freeBytes
    })
  }

  async #replace(path: string, data: Uint8Array): Promise<void> {
    const temporary = `${path}.tmp`
    const handle = await this.open(temporary, 'write')
    try {
      await handle.truncate(0)
      await handle.write([data], 0)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await this.rename(temporary, path)
    await this.syncDirectory(path.slice(0, Math.max(1, path.lastIndexOf('/'))))
  }

  #locateIfThere(path: string, syscall: string): ReturnType<SimHost['disk']['locate']> | undefined {
    try {
      return this.#host.disk.locate(path, syscall)
    } catch (error) {
      if (error instanceof SystemError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
      throw error
    }
  }
}
