/** Owns what goes wrong with a host's disk, by probability and on command, and lets a test look at the disk from outside. */

import { SystemError } from './errors.ts'
import type { Disk } from './disk.ts'
import type { RandomStream, Range } from './random-stream.ts'
import type { World } from './world.ts'

/** Probabilities an operation, 0 to 1. */
export interface DiskFaults {
  /** The write fails with EIO after some prefix of it. */
  readonly writeFailed: number
  /** The sync fails with EIO, and what it should have made durable never will be. */
  readonly syncFailed: number
  readonly syncSlowed: number
  readonly syncSlowedByMs: Range
}

export const noDiskFaults: DiskFaults = { writeFailed: 0, syncFailed: 0, syncSlowed: 0, syncSlowedByMs: { min: 100, max: 2000 } }

export type WriteFate =
  | { readonly kind: 'whole' }
  /** The process dies when `bytes` have been written. */
  | { readonly kind: 'torn'; readonly bytes: number; readonly fired: () => void }
  | { readonly kind: 'failed'; readonly bytes: number; readonly code: string }

interface ArmedWrite {
  readonly pattern: RegExp
  readonly fate: WriteFate & { readonly bytes: number }
}

export class DiskControl {
  readonly #world: World
  readonly #hostName: string
  readonly #disk: Disk
  readonly #random: RandomStream
  readonly #armedWrites: ArmedWrite[] = []
  readonly #armedSyncs: RegExp[] = []
  #faults: DiskFaults
  #slowSyncMs = 0

  constructor(world: World, hostName: string, disk: Disk, faults: DiskFaults) {
    this.#world = world
    this.#hostName = hostName
    this.#disk = disk
    this.#faults = faults
    this.#random = world.stream(`disk/${hostName}/faults`)
  }

  /** Replaces the probabilities named; the others stay. */
  setFaults(faults: Partial<DiskFaults>): void {
    this.#faults = { ...this.#faults, ...faults }
  }

  /**
   * The next write of more than `bytes` bytes to a file whose path matches stops after that many, and the process that
   * wrote it dies there. Resolves when it has happened.
   */
  tearNextWrite(pattern: RegExp, bytes: number): Promise<void> {
    return new Promise((fired) => {
      this.#armedWrites.push({ pattern, fate: { kind: 'torn', bytes, fired } })
    })
  }

  /** The next write of more than `bytes` bytes to a file whose path matches fails after that many. */
  failNextWrite(pattern: RegExp, code: 'EIO' | 'ENOSPC' = 'EIO', bytes = 0): void {
    this.#armedWrites.push({ pattern, fate: { kind: 'failed', bytes, code } })
  }

  /** The next sync of a file whose path matches fails with EIO. */
  failNextSync(pattern: RegExp): void {
    this.#armedSyncs.push(pattern)
  }

  /** Forgets what was to go wrong with the next writes and syncs; a promise of `tearNextWrite` then never settles. */
  disarm(): void {
    this.#armedWrites.length = 0
    this.#armedSyncs.length = 0
  }

  /** Every sync takes this much longer, until set to 0. */
  slowSyncs(byMs: number): void {
    this.#slowSyncMs = byMs
  }

  /** The disk is full once the files hold this many bytes. */
  setCapacity(bytes: number): void {
    this.#disk.capacityBytes = bytes
  }

  flipBit(path: string, position: number, bit = 0): void {
    this.#disk.file(path, 'flip').flipBit(position, bit)
    this.#world.fault(this.#hostName, 'bit-flipped', position)
  }

  /** The file as processes see it now. */
  read(path: string): Buffer {
    const file = this.#disk.file(path, 'read')
    const bytes = Buffer.alloc(file.sizeBytes)
    file.read(bytes, 0)
    return bytes
  }

  /** Puts a file there, durably, as if it had always been. */
  place(path: string, data: Uint8Array): void {
    const slash = path.lastIndexOf('/')
    this.#disk.makeDirectory(path.slice(0, slash))
    const entry = this.#disk.locate(path, 'open')
    if (entry.node !== undefined) throw new SystemError('EEXIST', 'open', path)
    const file = this.#disk.createFile(entry)
    this.#disk.write(file, Buffer.from(data), 0)
    this.#disk.syncAll()
  }

  /** Paths of all files, in order. */
  paths(): string[] {
    return [...this.#disk.walk()].map((entry) => entry.path)
  }

  /** For the seam: what becomes of this write. */
  writeFate(path: string, length: number): WriteFate {
    const index = this.#armedWrites.findIndex((armed) => armed.pattern.test(path) && armed.fate.bytes < length)
    const [armed] = index < 0 ? [] : this.#armedWrites.splice(index, 1)
    if (armed !== undefined) return armed.fate
    if (!this.#random.chance(this.#faults.writeFailed)) return { kind: 'whole' }
    return { kind: 'failed', bytes: this.#random.int(length), code: 'EIO' }
  }

  /** For the seam: whether this sync fails. */
  syncFails(path: string): boolean {
    const index = this.#armedSyncs.findIndex((pattern) => pattern.test(path))
    if (index >= 0) this.#armedSyncs.splice(index, 1)
    return this.#random.chance(this.#faults.syncFailed) || index >= 0
  }

  /** For the seam: by how much a sync is delayed. */
  syncDelayUs(): number {
    const isSlowed = this.#random.chance(this.#faults.syncSlowed)
    const delayMs = this.#slowSyncMs + (isSlowed ? this.#random.within(this.#faults.syncSlowedByMs) : 0)
    if (delayMs > 0) this.#world.fault(this.#hostName, 'sync-slowed', delayMs)
    return delayMs * 1000
  }
}
