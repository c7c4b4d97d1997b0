/** A history in memory, of this process's clients: what it says is judged by the history checker. */

import assert from 'node:assert/strict'
import { encodeEvent, HistoryChecker, HistoryDecoder, HistoryRecorder, type Verdict } from '@odradek/history'

export interface RecordingOptions {
  /** Default: the time since this process began. */
  readonly now?: () => number
  readonly source?: string
}

export class Recording {
  readonly recorder: HistoryRecorder
  #text = ''

  constructor({ now = () => performance.now(), source }: RecordingOptions = {}) {
    this.recorder = new HistoryRecorder({
      now,
      write: (event) => void (this.#text += encodeEvent(event)),
      ...(source === undefined ? {} : { source }),
    })
  }

  /** As NDJSON, for `odradek verify`. */
  get text(): string {
    return this.#text
  }

  verdict(): Verdict {
    return judge(this.#text)
  }

  assertClean(): Verdict {
    const verdict = this.verdict()
    const lines = verdict.violations.map(({ rule, message, lines: evidence }) => `${rule}: ${message} (${evidence.join(', ')})`)
    assert.deepEqual(lines, [], `${this.#text.slice(0, 20_000)}\n${lines.join('\n')}`)
    return verdict
  }
}

/** Reads a history as a file would be read, and judges it. */
export function judge(text: string): Verdict {
  const checker = new HistoryChecker({ stuckAfterMs: 30_000 })
  const decoder = new HistoryDecoder()
  for (const event of decoder.decode(Buffer.from(text))) checker.add(event)
  for (const event of decoder.end()) checker.add(event)
  return checker.finish()
}
