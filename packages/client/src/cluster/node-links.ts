/** All of a client's ways to brokers: one link an address and purpose, and which to ask first when any broker will do. */

import type { KafkaError } from '../errors/kafka-error.ts'
import { ConnectionError } from '../errors/kafka-error.ts'
import type { HostPort } from './bootstrap-servers.ts'
import type { Node } from './metadata-cache.ts'
import type { LinkOptions } from './node-link.ts'
import { NodeLink } from './node-link.ts'

/** Requests that a broker may hold back (fetches, joins) go over connections of their own, so that nothing waits behind them. */
export type Channel = 'data' | 'group' | 'fetch'
const channels: readonly Channel[] = ['data', 'group', 'fetch']

/** A broker that has kept a request waiting for this long may be hanging: others are asked first, or as well. */
export const PATIENCE_MS = 1000

/** What speaks against asking a link first, the least first. */
const reluctances = { none: 0, 'not connected': 1, 'may hang': 2, 'backs off': 3, throttled: 4 } as const

export class NodeLinks {
  readonly #options: LinkOptions
  readonly #bootstrap: readonly HostPort[]
  readonly #links = new Map<string, NodeLink>()

  constructor(bootstrap: readonly HostPort[], options: LinkOptions) {
    this.#bootstrap = bootstrap
    this.#options = options
  }

  /** The link if there is one. */
  find(target: HostPort, channel: Channel): NodeLink | undefined {
    return this.#links.get(linkKey(target, channel))
  }

  toNode(node: Node, channel: Channel): NodeLink {
    const link = this.#link(node, channel)
    link.node = `node-${node.id}`
    return link
  }

  /** To the servers of `bootstrap.servers`, called node−1 and on in the figures until they are known better. */
  toBootstrap(): readonly NodeLink[] {
    return this.#bootstrap.map((server, index) => this.#link(server, 'data', `node-${-1 - index}`))
  }

  /** Those to ask first first; at random among equals. */
  byReluctance(links: readonly NodeLink[]): readonly NodeLink[] {
    const { random } = this.#options.runtime
    return links
      .map((link) => ({ link, reluctance: reluctance(link), inFlight: link.current?.inFlight ?? 0, order: random.next() }))
      .sort((left, right) => left.reluctance - right.reluctance || left.inFlight - right.inFlight || left.order - right.order)
      .map(({ link }) => link)
  }

  get inFlight(): number {
    let count = 0
    for (const { current } of this.#links.values()) count += current?.inFlight ?? 0
    return count
  }

  get openCount(): number {
    let count = 0
    for (const { current } of this.#links.values()) if (current !== undefined) count++
    return count
  }

  silentFor(waitedMs: number): readonly string[] {
    return [...new Set([...this.#links.values()].filter((link) => link.waitedMs >= waitedMs).map(({ address }) => address))]
  }

  /** Closes the connections to addresses that are neither a node's any more nor in use. */
  dropStale(nodes: Iterable<Node>): void {
    const current = new Set([...nodes, ...this.#bootstrap].flatMap((at) => channels.map((channel) => linkKey(at, channel))))
    for (const [key, link] of this.#links) {
      if (current.has(key) || (link.current?.inFlight ?? 0) > 0) continue
      link.close(new ConnectionError(`${link.address} is no longer in the cluster`))
      this.#links.delete(key)
    }
  }

  closeAll(reason: KafkaError, spared?: NodeLink): void {
    for (const [key, link] of this.#links) {
      if (link === spared) continue
      this.#links.delete(key)
      link.close(reason)
    }
  }

  #link(target: HostPort, channel: Channel, node?: string): NodeLink {
    const key = linkKey(target, channel)
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new NodeLink({ host: target.host, port: target.port }, this.#options)
      if (node !== undefined) link.node = node
      this.#links.set(key, link)
    }
    return link
  }
}

function reluctance(link: NodeLink): number {
  const { current } = link
  if (current === undefined) return reluctances[link.backoffLeftMs > 0 ? 'backs off' : 'not connected']
  if (link.open === undefined) return reluctances.throttled
  return reluctances[current.waitedMs >= PATIENCE_MS ? 'may hang' : 'none']
}

function linkKey({ host, port }: HostPort, channel: Channel): string {
  return `${channel} ${host}:${port}`
}
