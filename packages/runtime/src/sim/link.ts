/** Owns the condition of the way from one host to another, one direction of it. */

import type { RandomStream, Range } from './random-stream.ts'

/** Probabilities, 0 to 1: the first three for each connection attempt, the others for each piece of data that arrives. */
export interface NetworkFaults {
  readonly nameLookupFailed: number
  readonly connectRefused: number
  readonly connectTimedOut: number
  /** Both ends see ECONNRESET; some prefix of the piece has arrived. */
  readonly cut: number
  /** The receiving end sees ECONNRESET, the other learns nothing. */
  readonly halfOpen: number
  /** As `cut`, but only on the way back to whoever connected: the request has been carried out. */
  readonly responseLost: number
  /** The piece and what is behind it waits. */
  readonly stalled: number
  readonly stalledForMs: Range
  readonly slowed: number
  readonly slowedByMs: Range
}

export const noNetworkFaults: NetworkFaults = {
  nameLookupFailed: 0,
  connectRefused: 0,
  connectTimedOut: 0,
  cut: 0,
  halfOpen: 0,
  responseLost: 0,
  stalled: 0,
  stalledForMs: { min: 500, max: 5000 },
  slowed: 0,
  slowedByMs: { min: 5, max: 200 },
}

/** What is decided at random about a link, each from a stream of its own, so that one more fault does not move the others. */
export type LinkChance = Exclude<keyof NetworkFaults, 'stalledForMs' | 'slowedByMs' | 'nameLookupFailed'> | 'fragment'

/** What has come to a blocked link and goes on when the link is open again. */
export interface LinkTraffic {
  proceed(): void
}

export class Link {
  readonly from: string
  readonly to: string
  readonly #stream: (name: string) => RandomStream
  readonly #chances: Map<LinkChance, RandomStream> = new Map()
  readonly #latencyMs: Range
  readonly #latency: RandomStream
  readonly #waiting = new Set<LinkTraffic>()
  #isBlocked = false
  /** Added to the latency of everything sent. */
  slowedByMs = 0
  #cutsToCome = 0
  #responsesToLose = 0

  constructor(from: string, to: string, latencyMs: Range, stream: (name: string) => RandomStream) {
    this.from = from
    this.to = to
    this.#latencyMs = latencyMs
    this.#latency = stream(`network/${from}>${to}/latency`)
    this.#stream = (name) => stream(`network/${from}>${to}/${name}`)
  }

  /** True with the given probability; nothing is drawn for what never happens. */
  strikes(chance: LinkChance, probability: number): boolean {
    return probability > 0 && this.random(chance).chance(probability)
  }

  /** Where the particulars of a stroke come from. */
  random(chance: LinkChance): RandomStream {
    let random = this.#chances.get(chance)
    if (random === undefined) {
      random = this.#stream(chance)
      this.#chances.set(chance, random)
    }
    return random
  }

  get isBlocked(): boolean {
    return this.#isBlocked
  }

  latencyUs(): number {
    return Math.ceil((this.#latency.within(this.#latencyMs) + this.slowedByMs) * 1000)
  }

  /** The next piece of data is to be cut in the middle, and the connection with it. */
  armCut(): void {
    this.#cutsToCome++
  }

  /** The next response is to be lost, and the connection with it. */
  armResponseLoss(): void {
    this.#responsesToLose++
  }

  cutsNext(): boolean {
    if (this.#cutsToCome === 0) return false
    this.#cutsToCome--
    return true
  }

  losesNextResponse(): boolean {
    if (this.#responsesToLose === 0) return false
    this.#responsesToLose--
    return true
  }

  wait(traffic: LinkTraffic): void {
    this.#waiting.add(traffic)
  }

  block(): void {
    this.#isBlocked = true
  }

  unblock(): void {
    this.#isBlocked = false
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const traffic of waiting) traffic.proceed()
  }
}
