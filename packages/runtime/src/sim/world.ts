/** What the parts of one simulation share. */

import type { FaultCounters, FaultKind } from './faults.ts'
import { RandomStream } from './random-stream.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

export class World {
  readonly seed: number
  readonly timeline: Timeline
  readonly trace: Trace
  readonly faults: FaultCounters
  /** Wall-clock time at virtual time zero. */
  readonly epochMs: number

  constructor(seed: number, epochMs: number, timeline: Timeline, trace: Trace, faults: FaultCounters) {
    this.seed = seed
    this.epochMs = epochMs
    this.timeline = timeline
    this.trace = trace
    this.faults = faults
  }

  /** Wall-clock time of a host whose clock was never stepped. */
  get nowMs(): number {
    return this.epochMs + Math.floor(this.timeline.nowUs / 1000)
  }

  /** A stream of randomness of its own for whoever asks under this name. */
  stream(name: string): RandomStream {
    return new RandomStream(this.seed, name)
  }

  note(host: string, what: string, detail = 0): void {
    this.trace.add(this.timeline.nowUs, host, what, detail)
  }

  /** A fault took effect. */
  fault(host: string, kind: FaultKind, detail = 0): void {
    this.faults.record(kind)
    this.note(host, kind, detail)
  }
}
