/** The proxy before a whole cluster: a port a broker, and faults between any client and any broker. */

import type { Address } from './advertised-addresses.ts'
import type { Direction, FaultRule } from './fault-rule.ts'
import { ProxiedNode } from './proxied-node.ts'
import { type FaultCount, RuleBook } from './rule-book.ts'

export interface FaultProxyOptions {
  /** host:port of brokers, comma-separated; the others are found in what these advertise. */
  readonly bootstrapServers: string
  readonly rules?: readonly FaultRule[]
  /** Default 1. */
  readonly seed?: number
}

/** Starts it and resolves when it can be connected to. Throws RangeError for rules that say nothing sensible. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(new RuleBook(options.rules ?? [], options.seed ?? 1), options.seed ?? 1)
  try {
    await proxy.lead(options.bootstrapServers.split(',').map((server) => parseAddress(server)))
  } catch (error) {
    await proxy.close()
    throw error
  }
  return proxy
}

export class FaultProxy implements AsyncDisposable {
  readonly seed: number
  readonly #rules: RuleBook
  readonly #nodes = new Map<string, Promise<ProxiedNode>>()
  readonly #listening: ProxiedNode[] = []
  readonly #problems: unknown[] = []
  #bootstrapServers = ''

  constructor(rules: RuleBook, seed: number) {
    this.#rules = rules
    this.seed = seed
  }

  /** For clients, in place of the brokers' own. */
  get bootstrapServers(): string {
    return this.#bootstrapServers
  }

  get nodes(): readonly ProxiedNode[] {
    return this.#listening
  }

  /** The broker with that id, once a response that went through the proxy has named it. Throws RangeError before. */
  node(nodeId: number): ProxiedNode {
    const found = this.#listening.find((node) => node.nodeId === nodeId)
    if (found === undefined) throw new RangeError(`no response has named a node ${nodeId} yet`)
    return found
  }

  /** Opens a port for each of these brokers. */
  async lead(brokers: readonly Address[]): Promise<void> {
    const nodes = await Promise.all(brokers.map((broker) => this.#nodeAt(broker)))
    this.#bootstrapServers = nodes.map(({ address }) => `${address.host}:${address.port}`).join(',')
  }

  /** Cuts every connection; returns how many. */
  cutAll(): number {
    return this.#listening.reduce((sum, node) => sum + node.cut(), 0)
  }

  /** Makes every present connection half open; returns how many. */
  halfOpenAll(direction: Direction): number {
    return this.#listening.reduce((sum, node) => sum + node.halfOpen(direction), 0)
  }

  pauseNode(nodeId: number): void {
    this.node(nodeId).pause()
  }

  resumeNode(nodeId: number): void {
    this.node(nodeId).resume()
  }

  /** No fault from now on; what still suffers from one is cut. */
  calm(): void {
    this.#rules.disable()
    for (const node of this.#listening) {
      node.accept()
      node.resume()
      node.cut((connection) => connection.isAiling)
    }
  }

  /** How often each rule's fault was possible, and how often it took effect. */
  counts(): FaultCount[] {
    return this.#rules.counts()
  }

  fired(name: string): number {
    const count = this.counts().find((candidate) => candidate.name === name)
    if (count === undefined) throw new RangeError(`no rule is called ${name}`)
    return count.fired
  }

  report(): string {
    const faults = this.counts().map(({ name, seen, fired }) => `${name} ${fired} of ${seen}`)
    return `faults of seed ${this.seed}: ${faults.length === 0 ? 'none configured' : faults.join(', ')}`
  }

  /** Throws when a rule's fault never took effect, which would make the run a proof of nothing, and when the proxy itself was at a loss. */
  assertEveryFaultFired(): void {
    const idle = this.counts().filter(({ fired }) => fired === 0)
    if (idle.length > 0) throw new Error(`never fired: ${idle.map(({ name }) => name).join(', ')} (${this.report()})`)
    if (this.#problems.length > 0) throw new AggregateError(this.#problems, `the proxy was at a loss ${this.#problems.length} times`)
  }

  async close(): Promise<void> {
    const nodes = await Promise.all(this.#nodes.values())
    await Promise.all(nodes.map((node) => node.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #nodeAt({ host, port }: Readonly<Address>): Promise<ProxiedNode> {
    const name = `${host}:${port}`
    const known = this.#nodes.get(name)
    if (known !== undefined) return known
    const opened = this.#open({ host, port })
    this.#nodes.set(name, opened)
    return opened
  }

  async #open(upstream: Readonly<Address>): Promise<ProxiedNode> {
    const node = new ProxiedNode(upstream, {
      rules: this.#rules,
      translate: async (nodeId, address) => {
        const advertised = await this.#nodeAt(address)
        advertised.nodeId = nodeId
        return advertised.address
      },
      onProblem: (problem) => this.#problems.push(problem),
    })
    await node.listen()
    this.#listening.push(node)
    return node
  }
}

function parseAddress(server: string): Address {
  const [, host, port] = /^\s*\[?(.*?)\]?:(\d+)\s*$/.exec(server) ?? []
  if (host === undefined || port === undefined) throw new RangeError(`${server} is not host:port`)
  return { host, port: Number(port) }
}
