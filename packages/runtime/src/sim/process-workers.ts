/** Owns a process's worker threads: the work is done inline, after the virtual time that it would take. */

import type { CodecName, Codecs } from '../codecs.ts'
import type { Workers } from '../workers.ts'
import type { SimProcess } from './process.ts'

/** 200 MB a second, a middling compressor. */
const MICROSECONDS_PER_BYTE = 0.005
const DISPATCH_US = 50

export class ProcessWorkers implements Workers {
  readonly #process: SimProcess
  readonly #codecs: Codecs
  #isClosed = false

  constructor(process: SimProcess, codecs: Codecs) {
    this.#process = process
    this.#codecs = codecs
  }

  compress(codec: CodecName, data: Uint8Array, level?: number): Promise<Uint8Array> {
    const input = Uint8Array.from(data)
    return this.#work(input, async () => (await this.#codecs.load(codec)).compress(input, level))
  }

  decompress(codec: CodecName, data: Uint8Array, maxOutputBytes: number): Promise<Uint8Array> {
    const input = Uint8Array.from(data)
    return this.#work(input, async () => (await this.#codecs.load(codec)).decompress(input, maxOutputBytes))
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  async #work(input: Uint8Array, perform: () => Promise<Uint8Array>): Promise<Uint8Array> {
    await this.#process.later(DISPATCH_US + input.length * MICROSECONDS_PER_BYTE, 'worker', () => undefined)
    if (this.#isClosed) throw new Error('the workers have been closed')
    return perform()
  }
}
