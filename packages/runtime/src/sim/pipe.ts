/** Owns one direction of a connection: what was sent and has not arrived yet, in order, and what the network does to it. */

import type { SimEvent } from './event-queue.ts'
import type { Link, LinkTraffic, NetworkFaults } from './link.ts'
import type { World } from './world.ts'

export type Segment =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  /** The other end has accepted the connection. */
  | { readonly kind: 'established' }
  /** No more data will come. */
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' }

/** Where a pipe leads: one end of a connection. */
export interface PipeEnd {
  /** A segment has come through. */
  receive(segment: Segment): void
  /** The network has broken the connection. */
  breakOff(): void
  /** The connection is gone without a word: whatever comes is swallowed and nothing is answered. */
  fallSilent(): void
  /** What this end has sent is lost for good. */
  loseContact(): void
}

interface Transit {
  readonly segment: Segment
  readonly arrivesAtUs: number
  isStalled: boolean
}

/** What the pipes of a network have in common. */
export interface PipeSettings {
  readonly faults: NetworkFaults
  /** How often a piece of data arrives in two parts. */
  readonly fragmentProbability: number
}

export class Pipe implements LinkTraffic {
  readonly #world: World
  readonly #link: Link
  readonly #settings: () => PipeSettings
  readonly #near: PipeEnd
  readonly #far: PipeEnd
  readonly #carriesResponses: boolean
  #transit: Transit[] = []
  #lastArrivalUs = 0
  #arrival: SimEvent | undefined
  #inFlightBytes = 0

  constructor(world: World, link: Link, settings: () => PipeSettings, near: PipeEnd, far: PipeEnd, carriesResponses: boolean) {
    this.#world = world
    this.#link = link
    this.#settings = settings
    this.#near = near
    this.#far = far
    this.#carriesResponses = carriesResponses
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes
  }

  send(segment: Segment): void {
    const nowUs = this.#world.timeline.nowUs
    let latencyUs = this.#link.latencyUs()
    const { faults } = this.#settings()
    if (segment.kind === 'data') {
      this.#inFlightBytes += segment.bytes.length
      if (this.#link.strikes('slowed', faults.slowed)) {
        latencyUs += Math.ceil(this.#link.random('slowed').within(faults.slowedByMs) * 1000)
        this.#world.fault(this.#link.to, 'segment-slowed', latencyUs)
      } else if (this.#link.slowedByMs > 0) {
        this.#world.fault(this.#link.to, 'segment-slowed', latencyUs)
      }
    }
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, nowUs + latencyUs)
    this.#transit.push({ segment, arrivesAtUs: this.#lastArrivalUs, isStalled: false })
    this.proceed()
  }

  /** Has the head of the queue arrive, unless that is under way. */
  proceed(): void {
    const head = this.#transit[0]
    if (head === undefined || this.#arrival !== undefined) return
    this.#schedule(head.arrivesAtUs - this.#world.timeline.nowUs)
  }

  /** Drops everything on the way. */
  empty(): void {
    this.#transit = []
    this.#inFlightBytes = 0
    if (this.#arrival !== undefined) this.#world.timeline.cancel(this.#arrival)
    this.#arrival = undefined
  }

  #schedule(delayUs: number): void {
    this.#arrival = this.#world.timeline.after(delayUs, 'network', undefined, () => {
      this.#arrival = undefined
      this.#arrive()
    })
  }

  #arrive(): void {
    const head = this.#transit[0]
    if (head === undefined) return
    if (this.#link.isBlocked) {
      this.#link.wait(this)
      this.#world.fault(this.#link.to, 'segment-blocked')
      return
    }
    const { segment } = head
    if (segment.kind === 'data' && this.#meetsFault(head, segment.bytes)) return
    this.#transit.shift()
    if (segment.kind === 'data') this.#deliver(segment.bytes)
    else this.#far.receive(segment)
    this.proceed()
  }

  #deliver(bytes: Buffer): void {
    this.#inFlightBytes -= bytes.length
    const { fragmentProbability } = this.#settings()
    if (bytes.length < 2 || !this.#link.strikes('fragment', fragmentProbability)) {
      this.#far.receive({ kind: 'data', bytes })
      return
    }
    const split = 1 + this.#link.random('fragment').int(bytes.length - 1)
    const rest = bytes.subarray(split)
    // The rest is back in flight before the first part is received: receiving may empty the pipe.
    this.#inFlightBytes += rest.length
    this.#transit.unshift({ segment: { kind: 'data', bytes: rest }, arrivesAtUs: this.#world.timeline.nowUs + 1, isStalled: true })
    this.#far.receive({ kind: 'data', bytes: bytes.subarray(0, split) })
  }

  /** True when the piece does not go on as it should. */
  #meetsFault(head: Transit, bytes: Buffer): boolean {
    const { faults } = this.#settings()
    const link = this.#link
    if (!head.isStalled && link.strikes('stalled', faults.stalled)) {
      head.isStalled = true
      this.#world.fault(link.to, 'segment-stalled', bytes.length)
      this.#schedule(link.random('stalled').within(faults.stalledForMs) * 1000)
      return true
    }
    if (this.#carriesResponses && (link.losesNextResponse() || link.strikes('responseLost', faults.responseLost))) {
      this.#world.fault(link.to, 'response-lost', bytes.length)
      this.#breakBoth()
      return true
    }
    if (link.cutsNext() || link.strikes('cut', faults.cut)) {
      const split = link.random('cut').int(bytes.length + 1)
      this.#world.fault(link.to, 'connection-cut', split)
      if (split > 0) this.#far.receive({ kind: 'data', bytes: bytes.subarray(0, split) })
      this.#breakBoth()
      return true
    }
    if (!link.strikes('halfOpen', faults.halfOpen)) return false
    this.#world.fault(link.to, 'connection-half-open', bytes.length)
    this.#far.breakOff()
    this.#far.fallSilent()
    this.empty()
    this.#near.loseContact()
    return true
  }

  #breakBoth(): void {
    this.#near.breakOff()
    this.#far.breakOff()
  }
}
