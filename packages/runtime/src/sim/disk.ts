/** Owns a host's file system: the tree, its capacity and what power loss does to it. It outlives the host's processes. */

import { DirectoryNode, type EntryChange, Journal } from './directory-node.ts'
import { SystemError } from './errors.ts'
import { FileNode } from './file-node.ts'
import type { RandomStream } from './random-stream.ts'
import type { World } from './world.ts'

/** As Linux's dirty_expire: what is this old has been written back without anyone asking. */
const DEFAULT_WRITE_BACK_MS = 30_000
const SWEEP_EVERY_US = 1_000_000

export interface DiskOptions {
  readonly capacityBytes: number
  /** Age at which the kernel makes a change durable by itself. */
  readonly writeBackMs: number
}

export const defaultDiskOptions: DiskOptions = { capacityBytes: 2 ** 40, writeBackMs: DEFAULT_WRITE_BACK_MS }

export class Disk {
  readonly #world: World
  readonly #hostName: string
  readonly #random: RandomStream
  readonly #root = new DirectoryNode()
  readonly #journal = new Journal()
  readonly #writeBackUs: number
  #dirtyFiles = new Set<FileNode>()
  #sweptAtUs = 0
  #usedBytes = 0
  capacityBytes: number

  constructor(world: World, hostName: string, options: DiskOptions) {
    this.#world = world
    this.#hostName = hostName
    this.#random = world.stream(`disk/${hostName}/power`)
    this.#writeBackUs = options.writeBackMs * 1000
    this.capacityBytes = options.capacityBytes
    const temporary = new DirectoryNode()
    this.#root.entries.set('tmp', temporary)
    this.#root.platter.set('tmp', temporary)
  }

  get freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.#usedBytes)
  }

  /** Where `path` is or would be. Throws ENOENT or ENOTDIR when its parent is not there. */
  locate(path: string, syscall: string): EntryChange {
    const names = path.split('/').filter((name) => name !== '' && name !== '.')
    const name = names.pop()
    if (name === undefined) return { directory: this.#root, name: '', node: this.#root }
    let directory = this.#root
    for (const step of names) {
      const next = directory.entries.get(step)
      if (next === undefined) throw new SystemError('ENOENT', syscall, path)
      if (!(next instanceof DirectoryNode)) throw new SystemError('ENOTDIR', syscall, path)
      directory = next
    }
    return { directory, name, node: directory.entries.get(name) }
  }

  file(path: string, syscall: string): FileNode {
    const { node } = this.locate(path, syscall)
    if (node === undefined) throw new SystemError('ENOENT', syscall, path)
    if (node instanceof DirectoryNode) throw new SystemError('EISDIR', syscall, path)
    return node
  }

  directory(path: string, syscall: string): DirectoryNode {
    const { node } = this.locate(path, syscall)
    if (node === undefined) throw new SystemError('ENOENT', syscall, path)
    if (!(node instanceof DirectoryNode)) throw new SystemError('ENOTDIR', syscall, path)
    return node
  }

  createFile(entry: EntryChange): FileNode {
    const file = new FileNode(this.#world.nowMs)
    this.changeEntries([{ ...entry, node: file }])
    return file
  }

  /** Makes the directory and the missing ones above it. */
  makeDirectory(path: string): void {
    let prefix = ''
    for (const name of path.split('/').filter((step) => step !== '' && step !== '.')) {
      prefix += `/${name}`
      const entry = this.locate(prefix, 'mkdir')
      if (entry.node === undefined) this.changeEntries([{ ...entry, node: new DirectoryNode() }])
      else if (!(entry.node instanceof DirectoryNode)) throw new SystemError('EEXIST', 'mkdir', path)
    }
  }

  rename(from: string, to: string): void {
    const source = this.locate(from, 'rename')
    const target = this.locate(to, 'rename')
    if (source.node === undefined) throw new SystemError('ENOENT', 'rename', from)
    if (target.node === source.node) return
    if (target.node instanceof DirectoryNode && target.node.entries.size > 0) throw new SystemError('ENOTEMPTY', 'rename', to)
    this.changeEntries([
      { directory: source.directory, name: source.name, node: undefined },
      { directory: target.directory, name: target.name, node: source.node },
    ])
  }

  /** Removes whatever is there, the contents of a directory first. */
  remove(entry: EntryChange): void {
    if (entry.node === undefined) return
    if (entry.node instanceof DirectoryNode) {
      for (const [name, node] of entry.node.entries) this.remove({ directory: entry.node, name, node })
    }
    this.changeEntries([{ directory: entry.directory, name: entry.name, node: undefined }])
  }

  /** Writes as much as there is room for and returns that. */
  write(file: FileNode, bytes: Buffer, position: number): number {
    const room = file.sizeBytes - position + this.freeBytes
    const written = bytes.length <= room ? bytes : bytes.subarray(0, Math.max(0, room))
    if (written.length > 0) {
      this.#changeFile(file, () => file.write(written, position, this.#world.timeline.nowUs))
    }
    return written.length
  }

  truncate(file: FileNode, sizeBytes: number): void {
    this.#changeFile(file, () => file.truncate(sizeBytes, this.#world.timeline.nowUs))
  }

  syncDirectory(directory: DirectoryNode): void {
    this.#journal.sync(directory)
  }

  /** Everything written so far becomes durable. */
  syncAll(): void {
    for (const file of this.#dirtyFiles) file.syncUpTo(file.changeCount)
    this.#dirtyFiles.clear()
    this.#journal.writeBackBefore(Number.POSITIVE_INFINITY)
  }

  /** Forgets what had not reached the platter, some of it by seed. */
  losePower(): void {
    for (const file of this.#dirtyFiles) {
      const damage = file.losePower(this.#random)
      for (let count = damage.lostCount; count > 0; count--) this.#world.fault(this.#hostName, 'write-lost')
      for (let count = damage.tornCount; count > 0; count--) this.#world.fault(this.#hostName, 'write-torn')
    }
    this.#dirtyFiles.clear()
    for (let count = this.#journal.losePower(this.#random); count > 0; count--) this.#world.fault(this.#hostName, 'entry-change-lost')
    this.#usedBytes = restore(this.#root)
  }

  /** Every file, with its size, by path. */
  *walk(): Generator<{ path: string; file: FileNode }> {
    yield* walkDirectory(this.#root, '')
  }

  changeEntries(changes: readonly EntryChange[]): void {
    for (const { directory, name, node } of changes) {
      const previous = directory.entries.get(name)
      if (previous instanceof FileNode) this.#link(previous, -1)
      if (node instanceof FileNode) this.#link(node, 1)
    }
    this.#journal.append(this.#world.timeline.nowUs, changes)
    this.#writeBack()
  }

  #link(file: FileNode, by: 1 | -1): void {
    file.linkCount += by
    if (file.linkCount === (by === 1 ? 1 : 0)) this.#usedBytes += by * file.sizeBytes
  }

  #changeFile(file: FileNode, change: () => void): void {
    const before = file.sizeBytes
    change()
    file.modifiedMs = this.#world.nowMs
    if (file.linkCount > 0) this.#usedBytes += file.sizeBytes - before
    this.#dirtyFiles.add(file)
    this.#writeBack()
  }

  #writeBack(): void {
    const nowUs = this.#world.timeline.nowUs
    if (nowUs - this.#sweptAtUs < SWEEP_EVERY_US) return
    this.#sweptAtUs = nowUs
    this.#journal.writeBackBefore(nowUs - this.#writeBackUs)
    for (const file of this.#dirtyFiles) {
      file.writeBackBefore(nowUs - this.#writeBackUs)
      if (!file.isDirty) this.#dirtyFiles.delete(file)
    }
  }
}

/** Makes the visible entries those of the platter; returns the bytes of the files that are left. */
function restore(directory: DirectoryNode): number {
  let usedBytes = 0
  directory.entries.clear()
  for (const [name, node] of directory.platter) {
    directory.entries.set(name, node)
    if (node instanceof DirectoryNode) usedBytes += restore(node)
    else {
      node.linkCount = 1
      usedBytes += node.sizeBytes
    }
  }
  return usedBytes
}

function* walkDirectory(directory: DirectoryNode, prefix: string): Generator<{ path: string; file: FileNode }> {
  for (const [name, node] of [...directory.entries].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (node instanceof DirectoryNode) yield* walkDirectory(node, `${prefix}/${name}`)
    else yield { path: `${prefix}/${name}`, file: node }
  }
}
