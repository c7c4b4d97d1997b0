/** A request under way on a connection, and what is to befall its response. */

import type { Decision } from './rule-book.ts'

export interface Exchange {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly decisions: readonly Decision[]
}

/** Reads what all request headers begin with; the frame includes its size. */
export function readExchange(frame: Buffer, decide: (apiKey: number) => Decision[]): Exchange {
  const apiKey = frame.readInt16BE(4)
  return { apiKey, apiVersion: frame.readInt16BE(6), correlationId: frame.readInt32BE(8), decisions: decide(apiKey) }
}

/** Owns the requests that wait for their responses, which come in the order of the requests. */
export class Exchanges {
  #waiting: Exchange[] = []

  add(exchange: Exchange): void {
    this.#waiting.push(exchange)
  }

  /** The request that a response answers. Those before it never get one: acks=0. */
  answered(responseFrame: Buffer): Exchange | undefined {
    const correlationId = responseFrame.readInt32BE(4)
    const index = this.#waiting.findIndex((exchange) => exchange.correlationId === correlationId)
    if (index < 0) return undefined
    const [exchange, ...skipped] = this.#waiting.splice(0, index + 1).reverse()
    for (const { decisions } of skipped) for (const decision of decisions) decision.abandon()
    return exchange
  }

  abandonAll(): void {
    for (const { decisions } of this.#waiting) for (const decision of decisions) decision.abandon()
    this.#waiting = []
  }
}
