/** A few threads for compression, started as they are needed; they keep the process alive only while they work. */

import type { Worker } from 'node:worker_threads'
import type { CodecName } from '../codecs.ts'
import { CorruptCompressionError, DecompressionBoundError } from '../codecs.ts'
import type { Workers } from '../workers.ts'
import { os, workerThreads } from './builtins.ts'
import type { WorkerReply, WorkerTask } from './worker-main.ts'

const MAX_THREADS = 4

interface Task {
  readonly message: WorkerTask
  resolve(output: Uint8Array): void
  reject(error: Error): void
}

interface Thread {
  readonly worker: Worker
  current: Task | undefined
}

/** Waiting tasks are as many as their callers have batches in memory, which is what bounds them. */
export class NodeWorkers implements Workers {
  readonly #threads: Thread[] = []
  readonly #waiting: Task[] = []
  #closed = false

  compress(codec: CodecName, data: Uint8Array, level?: number): Promise<Uint8Array> {
    return this.#submit({ codec, data: new Uint8Array(data), level, maxOutputBytes: undefined })
  }

  decompress(codec: CodecName, data: Uint8Array, maxOutputBytes: number): Promise<Uint8Array> {
    return this.#submit({ codec, data: new Uint8Array(data), level: undefined, maxOutputBytes })
  }

  async close(): Promise<void> {
    this.#closed = true
    const threads = this.#threads.splice(0)
    const error = closedError()
    for (const task of this.#waiting.splice(0)) task.reject(error)
    for (const { current } of threads) current?.reject(error)
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  #submit(message: WorkerTask): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(closedError())
    return new Promise((resolve, reject) => {
      const task: Task = { message, resolve, reject }
      const thread = this.#idleThread()
      if (thread === undefined) this.#waiting.push(task)
      else run(thread, task)
    })
  }

  #idleThread(): Thread | undefined {
    const idle = this.#threads.find(({ current }) => current === undefined)
    if (idle !== undefined) return idle
    // One core stays with the event loop, and there is always one thread.
    const limit = Math.min(MAX_THREADS, Math.max(1, os().availableParallelism() - 1))
    return this.#threads.length < limit ? this.#startThread() : undefined
  }

  #startThread(): Thread {
    const { Worker } = workerThreads()
    // The process's own flags (--eval, --import …) are not meant for a thread.
    const worker = new Worker(new URL('./worker-main.js', import.meta.url), { execArgv: [] })
    const thread: Thread = { worker, current: undefined }
    worker.on('message', (reply: WorkerReply) => this.#onReply(thread, reply))
    worker.on('error', (error: Error) => this.#onFailure(thread, error))
    worker.on('exit', (code) => this.#onFailure(thread, new Error(`Compression thread ended with code ${code}`)))
    this.#threads.push(thread)
    return thread
  }

  #onReply(thread: Thread, reply: WorkerReply): void {
    // One that had finished as it was closed: letting go of its thread would let the process end under whoever awaits close().
    if (this.#closed) return
    const task = thread.current
    thread.current = undefined
    const next = this.#waiting.shift()
    if (next === undefined) thread.worker.unref()
    else run(thread, next)
    if ('output' in reply) task?.resolve(reply.output)
    else task?.reject(revive(reply))
  }

  #onFailure(thread: Thread, error: Error): void {
    const at = this.#threads.indexOf(thread)
    if (at < 0) return
    this.#threads.splice(at, 1)
    thread.current?.reject(error)
    const next = this.#waiting.shift()
    if (next !== undefined) run(this.#startThread(), next)
  }
}

function run(thread: Thread, task: Task): void {
  thread.current = task
  thread.worker.ref()
  thread.worker.postMessage(task.message, [task.message.data.buffer])
}

function revive(reply: { errorName: string; message: string }): Error {
  if (reply.errorName === 'DecompressionBoundError') return new DecompressionBoundError(reply.message)
  if (reply.errorName === 'CorruptCompressionError') return new CorruptCompressionError(reply.message)
  return new Error(reply.message)
}

function closedError(): Error {
  return new Error('The compression threads are closed')
}
