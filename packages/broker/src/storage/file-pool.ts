/** Open file handles shared by all logs: a bounded number, the longest unused closed first. */

import type { FileHandle, Files } from '@odradek/runtime'

interface PooledFile {
  readonly opening: Promise<FileHandle>
  users: number
  /** Set by `evict`: called when the last user has gone. */
  whenIdle: (() => void) | undefined
}

export class FilePool {
  readonly #files: Pick<Files, 'open' | 'stat'>
  readonly #maxOpen: number
  /** In order of last use. */
  readonly #open = new Map<string, PooledFile>()
  /** Paths that may not be opened until these resolve. */
  readonly #closed = new Map<string, Promise<void>>()

  /** More than `maxOpen` are open only while that many are in use at once. */
  constructor(files: Pick<Files, 'open' | 'stat'>, maxOpen: number) {
    this.#files = files
    this.#maxOpen = maxOpen
  }

  /** Runs `work` with the file open for reading and writing. `create` allows it to be missing; otherwise ENOENT. */
  async use<T>(path: string, create: boolean, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    for (let closed = this.#closed.get(path); closed !== undefined; closed = this.#closed.get(path)) await closed
    const file = this.#acquire(path, create)
    try {
      return await work(await file.opening)
    } finally {
      file.users--
      if (file.users === 0) file.whenIdle?.()
    }
  }

  /** Closes the file once nobody uses it; no new use may start meanwhile. A no-op when it is not open. */
  async evict(path: string): Promise<void> {
    const file = this.#open.get(path)
    if (file === undefined) return
    this.#open.delete(path)
    if (file.users > 0) {
      await new Promise<void>((resolve) => {
        file.whenIdle = resolve
      })
    }
    await closeQuietly(file)
  }

  /** Closes the files, once nobody uses them, and has whoever wants one wait until `work` is done. */
  async whileClosed<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
    let reopen: () => void = () => undefined
    const closed = new Promise<void>((resolve) => {
      reopen = resolve
    })
    for (const path of paths) this.#closed.set(path, closed)
    try {
      for (const path of paths) await this.evict(path)
      return await work()
    } finally {
      for (const path of paths) this.#closed.delete(path)
      reopen()
    }
  }

  #acquire(path: string, create: boolean): PooledFile {
    let file = this.#open.get(path)
    if (file === undefined) {
      this.#makeRoom()
      file = { opening: this.#openFile(path, create), users: 0, whenIdle: undefined }
      file.opening.catch(() => this.#open.delete(path))
    } else {
      this.#open.delete(path)
    }
    this.#open.set(path, file)
    file.users++
    return file
  }

  async #openFile(path: string, create: boolean): Promise<FileHandle> {
    if (!create && (await this.#files.stat(path)) === undefined) {
      throw Object.assign(new Error(`ENOENT: no such file: ${path}`), { code: 'ENOENT' })
    }
    return await this.#files.open(path, 'write')
  }

  #makeRoom(): void {
    if (this.#open.size < this.#maxOpen) return
    for (const [path, file] of this.#open) {
      if (file.users > 0) continue
      this.#open.delete(path)
      void closeQuietly(file)
      return
    }
  }
}

/** Data is made durable by syncs, whose errors are seen; what a close reports afterwards changes nothing. */
async function closeQuietly(file: PooledFile): Promise<void> {
  try {
    await (await file.opening).close()
  } catch {
    // Either it never opened, which its users have learnt, or the handle is gone all the same.
  }
}
