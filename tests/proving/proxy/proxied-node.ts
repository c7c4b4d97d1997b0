/** One broker as clients see it: a port that leads to it, which can stall, refuse and cut. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Address, Translate } from './advertised-addresses.ts'
import type { Direction } from './fault-rule.ts'
import { ProxiedConnection } from './proxied-connection.ts'
import type { RuleBook } from './rule-book.ts'

export interface NodeContext {
  readonly rules: RuleBook
  readonly translate: Translate
  readonly onProblem: (problem: unknown) => void
}

interface Stall {
  readonly over: Promise<void>
  readonly end: () => void
}

export class ProxiedNode {
  readonly upstream: Readonly<Address>
  /** Undefined until a response has said it. */
  nodeId: number | undefined
  readonly #context: NodeContext
  readonly #server: Server
  readonly #connections = new Set<ProxiedConnection>()
  readonly #stallTimers = new Set<NodeJS.Timeout>()
  #stall: Stall | undefined
  #isRefusing = false

  constructor(upstream: Readonly<Address>, context: NodeContext) {
    this.upstream = upstream
    this.#context = context
    this.#server = createServer((client) => this.#accept(client))
  }

  /** The proxy's own address for this broker; `listen` must have resolved. */
  get address(): Address {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', () => resolve())
    })
  }

  /** Resolves when bytes may pass; undefined when they may at once. */
  gate(): Promise<void> | undefined {
    return this.#stall?.over
  }

  /** Nothing passes until `resume`; connections stay and new ones are accepted. */
  pause(): void {
    if (this.#stall !== undefined) return
    let end = (): void => undefined
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#stall = { over, end }
  }

  resume(): void {
    this.#stall?.end()
    this.#stall = undefined
  }

  stallFor(ms: number): void {
    this.pause()
    const timer = setTimeout(() => {
      this.#stallTimers.delete(timer)
      this.resume()
    }, ms)
    this.#stallTimers.add(timer)
  }

  /** New connections are reset until `accept`. */
  refuse(): void {
    this.#isRefusing = true
  }

  accept(): void {
    this.#isRefusing = false
  }

  /** Cuts every connection, or those that the filter names; returns how many. */
  cut(isMeant: (connection: ProxiedConnection) => boolean = () => true): number {
    const meant = [...this.#connections].filter(isMeant)
    for (const connection of meant) connection.cut()
    return meant.length
  }

  /** Makes every present connection half open; returns how many. */
  halfOpen(direction: Direction): number {
    for (const connection of this.#connections) connection.halfOpen(direction)
    return this.#connections.size
  }

  async close(): Promise<void> {
    for (const timer of this.#stallTimers) clearTimeout(timer)
    this.resume()
    this.cut()
    await new Promise((closed) => {
      this.#server.close(closed)
    })
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined)
    const refusals = this.#context.rules.decideConnection(this.nodeId)
    if (this.#isRefusing || refusals.length > 0) {
      for (const refusal of refusals) refusal.fire()
      client.resetAndDestroy()
      return
    }
    const connection = new ProxiedConnection(client, {
      node: this,
      ...this.#context,
      onClosed: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }
}
