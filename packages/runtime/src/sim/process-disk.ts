/**
 * Owns a process's way to its host's disk. Every operation takes a little virtual time and takes effect at the end of it; those that are
 * under way when the process is killed have happened, half happened or not, by seed.
 */

import { SystemError } from './errors.ts'
import type { FileNode } from './file-node.ts'
import type { SimHost } from './host.ts'
import type { SimProcess } from './process.ts'
import type { RandomStream } from './random-stream.ts'
import type { World } from './world.ts'

const OPERATION_US = { min: 10, max: 120 }
const SYNC_US = { min: 300, max: 3000 }
/** A gigabyte a second. */
const MICROSECONDS_PER_BYTE = 0.001
const TEMPORARY_NAME_BYTES = 6

/** Makes what it can of an operation that death interrupts. */
type Interruption = (random: RandomStream) => void

export class ProcessDisk {
  readonly #world: World
  readonly #host: SimHost
  readonly #process: SimProcess
  readonly #timing: RandomStream
  readonly #pending = new Set<Interruption>()

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
    const delayUs = this.#syncCost()
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

  syncDirectory(path: string): Promise<void> {
    return this.#operate(
      this.#syncCost(),
      () => this.#host.disk.syncDirectory(this.#host.disk.directory(path, 'fsync')),
      () => undefined,
    )
  }

  /** Of a temporary directory. Drawn where the delays are drawn, lest the order of draws, and with it each seed's trace, be another. */
  temporaryName(): string {
    return Buffer.from(this.#timing.bytes(TEMPORARY_NAME_BYTES)).toString('hex')
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

  #syncCost(): number {
    return this.#timing.within(SYNC_US) + this.#host.diskControl.syncDelayUs()
  }
}

/** A third of the interrupted writes never began, a third were complete, a third stopped somewhere. */
function interruptedLength(random: RandomStream, sizeBytes: number): number {
  const fate = random.int(3)
  const somewhere = random.int(sizeBytes + 1)
  if (fate === 0) return 0
  return fate === 1 ? sizeBytes : somewhere
}
