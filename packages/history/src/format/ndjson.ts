/** Histories as NDJSON: an event a line, read in chunks of any size. */

import type { HistoryEvent } from './events.ts'
import { HistoryError } from './history-error.ts'
import { eventProblem, isHistoryEvent } from './shapes.ts'

/** A poll of many records is one line. */
export const MAX_LINE_BYTES: number = 16 * 1024 * 1024

export function encodeEvent(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`
}

/** Holds no more than one line that is not yet whole. */
export class HistoryDecoder {
  #line = 0
  #rest: Buffer[] = []
  #restBytes = 0

  /** The events that `chunk` completes. Throws HistoryError. */
  decode(chunk: Uint8Array): HistoryEvent[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const lastEnd = bytes.lastIndexOf(10)
    if (lastEnd === -1) {
      this.#keep(bytes)
      return []
    }
    const whole = Buffer.concat([...this.#rest, bytes.subarray(0, lastEnd)]).toString('utf8')
    this.#rest = []
    this.#restBytes = 0
    this.#keep(bytes.subarray(lastEnd + 1))
    return whole.split('\n').flatMap((line) => this.#parse(line))
  }

  /** The event of a last line that no line end follows. A line that a crash cut short is an error, as any other. */
  end(): HistoryEvent[] {
    const line = Buffer.concat(this.#rest).toString('utf8')
    this.#rest = []
    this.#restBytes = 0
    return line === '' ? [] : this.#parse(line)
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return
    this.#restBytes += rest.length
    if (this.#restBytes > MAX_LINE_BYTES) throw new HistoryError(this.#line + 1, `longer than ${MAX_LINE_BYTES} bytes`)
    // The caller may use its chunk again.
    this.#rest.push(Buffer.from(rest))
  }

  #parse(line: string): HistoryEvent[] {
    this.#line += 1
    if (line.trim() === '') throw new HistoryError(this.#line, 'an empty line')
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (error) {
      throw new HistoryError(this.#line, `not JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
    if (isHistoryEvent(value)) return [value]
    throw new HistoryError(this.#line, eventProblem(value) ?? 'not an event')
  }
}
