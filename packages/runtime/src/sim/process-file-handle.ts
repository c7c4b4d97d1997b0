/** Owns one open file of a process. Renaming or removing the file does not disturb it. */

import type { FileHandle } from '../files.ts'
import { SystemError } from './errors.ts'
import type { FileNode } from './file-node.ts'
import type { SimHost } from './host.ts'
import type { ProcessDisk } from './process-disk.ts'

export class ProcessFileHandle implements FileHandle {
  readonly #host: SimHost
  readonly #disk: ProcessDisk
  readonly #path: string
  readonly #file: FileNode
  readonly #isWritable: boolean
  #isClosed = false

  constructor(host: SimHost, disk: ProcessDisk, path: string, file: FileNode, isWritable: boolean) {
    this.#host = host
    this.#disk = disk
    this.#path = path
    this.#file = file
    this.#isWritable = isWritable
  }

  async read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    this.#check('read', true)
    return this.#disk.look(length, () => this.#file.read(target.subarray(targetOffset, targetOffset + length), position))
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.#check('write', this.#isWritable)
    await this.#disk.write(this.#path, this.#file, chunks, position)
  }

  async sync(): Promise<void> {
    this.#check('fdatasync', true)
    await this.#disk.sync(this.#path, this.#file)
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.#check('ftruncate', this.#isWritable)
    await this.#disk.change(() => this.#host.disk.truncate(this.#file, sizeBytes))
  }

  async sizeBytes(): Promise<number> {
    this.#check('fstat', true)
    return this.#disk.look(0, () => this.#file.sizeBytes)
  }

  async close(): Promise<void> {
    this.#check('close', true)
    this.#isClosed = true
    await this.#disk.look(0, () => undefined)
  }

  #check(syscall: string, isAllowed: boolean): void {
    if (this.#isClosed || !isAllowed) throw new SystemError('EBADF', syscall, this.#path)
  }
}
