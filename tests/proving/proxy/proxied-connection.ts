/** One connection of a client and its counterpart to the broker: frames go through lanes, and faults strike there. */

import { connect, type Socket } from 'node:net'
import { advertises, rewriteAddresses, type Translate } from './advertised-addresses.ts'
import { type Exchange, Exchanges, readExchange } from './exchange.ts'
import type { Direction } from './fault-rule.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { Lane } from './lane.ts'
import type { ProxiedNode } from './proxied-node.ts'
import type { Decision, RuleBook } from './rule-book.ts'

type Way = Exclude<Direction, 'both'>

export interface ConnectionContext {
  readonly node: ProxiedNode
  readonly rules: RuleBook
  readonly translate: Translate
  readonly onClosed: () => void
  /** Something that is no fault of ours: a stream that is not Kafka's, a message that cannot be rewritten. */
  readonly onProblem: (problem: unknown) => void
}

export class ProxiedConnection {
  readonly #context: ConnectionContext
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #lanes: Readonly<Record<Way, Lane>>
  readonly #exchanges = new Exchanges()
  readonly #closing = new AbortController()

  constructor(client: Socket, context: ConnectionContext) {
    this.#context = context
    this.#client = client
    this.#upstream = connect(context.node.upstream.port, context.node.upstream.host)
    const common = {
      gate: () => context.node.gate(),
      closed: this.#closing.signal,
      onError: (error: unknown) => this.#fail(error),
    }
    this.#lanes = {
      request: new Lane({ source: client, target: this.#upstream, ...common }),
      response: new Lane({ source: this.#upstream, target: client, ...common }),
    }
    this.#wire()
  }

  /** Something on it is slower or less than it should be, for good. */
  get isAiling(): boolean {
    return Object.values(this.#lanes).some((lane) => lane.isSwallowing || lane.bytesPerSecond !== Infinity)
  }

  /** Both sides see the connection end. */
  cut(): void {
    if (!this.#end()) return
    this.#client.resetAndDestroy()
    this.#upstream.destroy()
  }

  /** From now on bytes vanish silently. */
  halfOpen(direction: Direction): void {
    for (const way of ways(direction)) this.#lanes[way].isSwallowing = true
  }

  throttle(direction: Direction, bytesPerSecond: number): void {
    for (const way of ways(direction)) this.#lanes[way].bytesPerSecond = bytesPerSecond
  }

  #wire(): void {
    const { rules, node } = this.#context
    const requests = new FrameSplitter()
    const responses = new FrameSplitter()
    this.#on(this.#client, 'request', (chunk) => {
      for (const frame of requests.push(chunk)) {
        const exchange = readExchange(frame, (apiKey) => rules.decideRequest(apiKey, node.nodeId))
        this.#lanes.request.push(frame.length, () => this.#forwardRequest(frame, exchange))
      }
    })
    this.#on(this.#upstream, 'response', (chunk) => {
      for (const frame of responses.push(chunk)) {
        const exchange = this.#exchanges.answered(frame)
        this.#lanes.response.push(frame.length, () => this.#forwardResponse(frame, exchange))
      }
    })
  }

  #on(source: Socket, way: Way, onChunk: (chunk: Buffer) => void): void {
    source.setNoDelay(true)
    source.on('data', (chunk: Buffer) => {
      try {
        onChunk(chunk)
      } catch (error) {
        this.#fail(error)
      }
    })
    // Ends of connections are what this is about; 'close' follows.
    source.on('error', () => undefined)
    // Half open, the other side does not hear of it; otherwise what is on its way arrives first.
    source.on('close', () => {
      const lane = this.#lanes[way]
      if (!lane.isSwallowing) lane.push(0, () => this.#hangUp())
    })
  }

  async #forwardRequest(frame: Buffer, exchange: Exchange): Promise<void> {
    const lane = this.#lanes.request
    for (const decision of exchange.decisions) await this.#strike('request', decision)
    const cut = cutOf(exchange, 'before-request', 'mid-request')
    if (cut?.at === 'mid-request') await lane.write([frame.subarray(0, Math.ceil(frame.length / 2))])
    if (cut !== undefined) {
      cut.decision.fire()
      for (const decision of exchange.decisions) decision.abandon()
      this.cut()
      return
    }
    this.#exchanges.add(exchange)
    await lane.write([frame])
  }

  async #forwardResponse(frame: Buffer, exchange: Exchange | undefined): Promise<void> {
    const lane = this.#lanes.response
    if (exchange === undefined) throw new RangeError('a response to no request')
    for (const decision of exchange.decisions) await this.#strike('response', decision)
    const cut = cutOf(exchange, 'before-response', 'mid-response')
    if (cut?.at === 'mid-response') await lane.write([frame.subarray(0, Math.ceil(frame.length / 2))])
    if (cut !== undefined) {
      cut.decision.fire()
      // What was written of it is to arrive, which a reset would prevent.
      if (cut.at === 'mid-response') this.#hangUp()
      else this.cut()
      return
    }
    const { apiKey, apiVersion } = exchange
    const { translate } = this.#context
    await lane.write(advertises(apiKey) ? await rewriteAddresses(frame, apiKey, apiVersion, translate) : [frame])
  }

  /** All faults but cuts. */
  async #strike(way: Way, decision: Decision): Promise<void> {
    const { fault, random } = decision
    if (fault.kind === 'stall') {
      if (way !== 'request') return
      decision.fire()
      this.#context.node.stallFor(fault.forMs)
      return
    }
    if (fault.kind === 'cut' || fault.kind === 'refuse' || !ways(fault.direction).includes(way)) return
    if (fault.kind === 'delay') {
      await this.#lanes[way].sleep(random.within({ min: fault.minMs, max: fault.maxMs }))
    } else if (fault.kind === 'throttle') {
      this.throttle(fault.direction, fault.bytesPerSecond)
      if (fault.forMs !== undefined) this.#later(fault.forMs, () => this.throttle(fault.direction, Infinity))
    } else {
      this.halfOpen(fault.direction)
      if (fault.forMs !== undefined) this.#later(fault.forMs, () => this.cut())
    }
    decision.fire()
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(action, ms)
    this.#closing.signal.addEventListener('abort', () => clearTimeout(timer))
  }

  #fail(problem: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#context.onProblem(problem)
    this.cut()
  }

  #hangUp(): void {
    if (!this.#end()) return
    this.#client.destroy()
    this.#upstream.destroy()
  }

  #end(): boolean {
    if (this.#closing.signal.aborted) return false
    this.#closing.abort()
    this.#exchanges.abandonAll()
    this.#context.onClosed()
    return true
  }
}

function ways(direction: Direction): readonly Way[] {
  return direction === 'both' ? ['request', 'response'] : [direction]
}

function cutOf<At extends string>({ decisions }: Exchange, ...points: readonly At[]): { at: At; decision: Decision } | undefined {
  for (const decision of decisions) {
    const { fault } = decision
    const at = fault.kind === 'cut' ? points.find((point) => point === fault.at) : undefined
    if (at !== undefined) return { at, decision }
  }
  return undefined
}
