/**
 * Owns a process's way to its host's disk. Every operation takes a little virtual time and takes effect at the end of it; those that are
 * under way when the process is killed have happened, half happened or not, by seed.
 */

import type { DirectoryEntry, DirectoryLock, FileHandle, Files, FileStat, OpenMode } from '../files.ts'
import { DirectoryNode } from './directory-node.ts'
import { SystemError } from './errors.ts'
import type { FileNode } from './file-node.ts'
import type { SimHost } from './host.ts'
import type { SimProcess } from './process.ts'
import { ProcessFileHandle } from './process-file-handle.ts'
import type { RandomStream } from './random-stream.ts'
import type { World } from './world.ts'

const OPERATION_US = { min: 10, max: 120 }
const SYNC_US = { min: 300, max: 3000 }
/** A gigabyte a second. */
const MICROSECONDS_PER_BYTE = 0.001
const TEMPORARY_NAME_BYTES = 6

/** Makes what it can of an operation that death interrupts. */
type Interruption = (random: RandomStream) => void

export class ProcessFiles implements Files {
  readonly #world: World
  readonly #host: SimHost
  readonly #process: SimProcess
  readonly #timing: RandomStream
  readonly #pending = new Set<Interruption>()
  readonly #replacing = new Map<string, Promise<void>>()

  constructor(world: World, host: SimHost, process: SimProcess) {
    this.#world = world
    this.#host = host
    this.#process = process
    this.#timing = world.stream(`disk/${process.name}/timing`)
    const random = world.stream(`disk/${process.name}/death`)
    process.onDeath(() => {
      for (const interrupt of this.#pending) interrupt(random)
      this.#pending.clear()
    })
  }

  open(path: string, mode: OpenMode): Promise<FileHandle> {
    return this.change(() => {
      const entry = this.#host.disk.locate(path, 'open')
      if (entry.node instanceof DirectoryNode) throw new SystemError('EISDIR', 'open', path)
      if (entry.node !== undefined && mode === 'create') throw new SystemError('EEXIST', 'open', path)
      if (entry.node === undefined && mode === 'read') throw new SystemError('ENOENT', 'open', path)
      const file = entry.node ?? this.#host.disk.createFile(entry)
      return new ProcessFileHandle(this.#host, this, path, file, mode !== 'read')
    })
  }

  readFile(path: string): Promise<Buffer> {
    return this.look(0, () => {
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
    return this.change(() => this.#host.disk.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.change(() => {
      const entry = this.#locateIfThere(path, 'unlink')
      if (entry?.node instanceof DirectoryNode) throw new SystemError('EISDIR', 'unlink', path)
      if (entry !== undefined) this.#host.disk.remove(entry)
    })
  }

  removeDirectory(path: string): Promise<void> {
    return this.change(() => {
      const entry = this.#locateIfThere(path, 'rm')
      if (entry !== undefined) this.#host.disk.remove(entry)
    })
  }

  makeDirectory(path: string): Promise<void> {
    return this.change(() => this.#host.disk.makeDirectory(path))
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.look(0, () => {
      const { entries } = this.#host.disk.directory(path, 'scandir')
      const names = [...entries.keys()].sort()
      return names.map((name) => ({ name, isDirectory: entries.get(name) instanceof DirectoryNode }))
    })
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.look(0, () => {
      const node = this.#locateIfThere(path, 'stat')?.node
      if (node === undefined) return undefined
      if (node instanceof DirectoryNode) return { sizeBytes: 0, modifiedMs: this.#world.epochMs, isDirectory: true }
      return { sizeBytes: node.sizeBytes, modifiedMs: node.modifiedMs, isDirectory: false }
    })
  }

  syncDirectory(path: string): Promise<void> {
    const delayUs = this.#timing.within(SYNC_US) + this.#host.diskControl.syncDelayUs()
    return this.#operate(
      delayUs,
      () => this.#host.disk.syncDirectory(this.#host.disk.directory(path, 'fsync')),
      () => undefined,
    )
  }

  makeTemporaryDirectory(prefix: string): Promise<string> {
    const name = Buffer.from(this.#timing.bytes(TEMPORARY_NAME_BYTES)).toString('hex')
    const path = `/tmp/${prefix}${name}`
    return this.change(() => {
      this.#host.disk.makeDirectory(path)
      return path
    })
  }

  lockDirectory(path: string): Promise<DirectoryLock> {
    return this.look(0, () => {
      const directory = this.#host.disk.directory(path, 'lock')
      if (this.#host.directoryLocks.get(directory)?.isAlive === true) throw new SystemError('ELOCKED', 'lock', path)
      this.#host.directoryLocks.set(directory, this.#process)
      return { release: () => this.look(0, () => void this.#host.directoryLocks.delete(directory)) }
    })
  }

  freeBytes(path: string): Promise<number> {
    return this.look(0, () => {
      this.#host.disk.locate(path, 'statfs')
      return this.#host.disk.freeBytes
    })
  }

  /** An operation that changes nothing. */
  look<T>(sizeBytes: number, perform: () => T): Promise<T> {
    return this.#operate(this.#cost(sizeBytes), perform, () => undefined)
  }

  /** An operation that happens altogether or not at all. */
  change<T>(perform: () => T): Promise<T> {
    return this.#operate(this.#cost(0), perform, (random) => {
      if (!random.chance(0.5)) return
      try {
        perform()
      } catch {
        // It would have failed in a process that can no longer be told.
      }
    })
  }

  /** A write: whole, or on death cut off anywhere. On command the disk tears it, and the process dies of that. */
  write(path: string, file: FileNode, chunks: readonly Uint8Array[], position: number): Promise<void> {
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    // The memory is looked at only now, when the write takes effect: whoever reuses it too early is found out.
    const put = (length: number): number => this.#host.disk.write(file, Buffer.concat(chunks).subarray(0, length), position)
    const perform = (): void => {
      const fate = this.#host.diskControl.writeFate(path, sizeBytes)
      const written = put(fate.kind === 'whole' ? sizeBytes : fate.bytes)
      this.#world.note(this.#process.name, 'write', written)
      if (fate.kind === 'torn') {
        this.#world.fault(this.#process.name, 'write-torn', fate.bytes)
        this.#host.kill()
        fate.fired()
      } else if (fate.kind === 'failed') {
        this.#world.fault(this.#process.name, fate.code === 'ENOSPC' ? 'disk-full' : 'write-failed', fate.bytes)
        throw new SystemError(fate.code, 'write', path)
      } else if (written < sizeBytes) {
        this.#world.fault(this.#process.name, 'disk-full', written)
        throw new SystemError('ENOSPC', 'write', path)
      }
    }
    return this.#operate(this.#cost(sizeBytes), perform, (random) => {
      const length = interruptedLength(random, sizeBytes)
      put(length)
      if (length > 0 && length < sizeBytes) this.#world.fault(this.#process.name, 'write-torn', length)
    })
  }

  sync(path: string, file: FileNode): Promise<void> {
    const changeCount = file.changeCount
    const delayUs = this.#timing.within(SYNC_US) + this.#host.diskControl.syncDelayUs()
    const perform = (): void => {
      if (!this.#host.diskControl.syncFails(path)) {
        file.syncUpTo(changeCount)
        return
      }
      file.forgetUnsynced()
      this.#world.fault(this.#process.name, 'sync-failed')
      throw new SystemError('EIO', 'fdatasync', path)
    }
    return this.#operate(delayUs, perform, () => undefined)
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

  #operate<T>(delayUs: number, perform: () => T, interruption: Interruption): Promise<T> {
    this.#pending.add(interruption)
    return this.#process.later(delayUs, 'disk', () => {
      this.#pending.delete(interruption)
      return perform()
    })
  }

  #cost(sizeBytes: number): number {
    return this.#timing.within(OPERATION_US) + sizeBytes * MICROSECONDS_PER_BYTE
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

/** A third of the interrupted writes never began, a third were complete, a third stopped somewhere. */
function interruptedLength(random: RandomStream, sizeBytes: number): number {
  const fate = random.int(3)
  const somewhere = random.int(sizeBytes + 1)
  if (fate === 0) return 0
  return fate === 1 ? sizeBytes : somewhere
}
