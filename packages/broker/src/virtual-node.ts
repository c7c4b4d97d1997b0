/** One of the nodes that a broker shows to its clients, and that a test can take away and bring back. */

import type { Dispatcher } from './api/dispatcher.ts'
import type { ClusterState } from './cluster-state.ts'
import { isWildcard } from './config/listeners.ts'
import type { NodeListenersOptions } from './network/node-listeners.ts'
import { NodeListeners } from './network/node-listeners.ts'
import type { BrokerNode, Endpoint } from './node.ts'

/** A node as a test sees it. */
export interface VirtualNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  /** `host:port` of its first listener, as a client on this machine reaches it. */
  readonly bootstrapServers: string
  readonly isRunning: boolean
  /**
   * Stops the node as a crash would: its port closes and its connections end at once, requests in progress unanswered although they may
   * have been carried out. Then what it led moves to the first of its replicas that runs; a partition that has none is offline, with
   * leader −1. Resolves when all of this is visible; at once when the node is stopped already.
   */
  stop(): Promise<void>
  /**
   * Starts it again on the same port. Partitions that were offline for want of it have it as leader; what had moved elsewhere stays
   * there until it is moved. Rejects with ListenError when the port has been taken meanwhile. Resolves at once when the node runs.
   */
  start(): Promise<void>
}

export interface NodeServerOptions {
  readonly node: BrokerNode
  readonly listeners: NodeListeners
  readonly listening: NodeListenersOptions
  readonly cluster: ClusterState
  readonly dispatcher: Dispatcher
}

export class NodeServer implements VirtualNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly #options: NodeServerOptions
  #listeners: NodeListeners
  #isRunning = true
  #isClosed = false
  /** Stops and starts happen one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: NodeServerOptions) {
    this.#options = options
    this.#listeners = options.listeners
    this.nodeId = options.node.nodeId
    const { host, port } = reachableEndpoint(options.listeners)
    this.host = host
    this.port = port
  }

  get bootstrapServers(): string {
    return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  get connectionCount(): number {
    return this.#listeners.connections.size
  }

  serve(): void {
    this.#listeners.serve(this.#options.dispatcher, this.#options.cluster.quotas.connections)
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop())
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start())
  }

  /** Takes nobody in any more; a stop or start that is under way ends first, and none follows. */
  async stopAccepting(): Promise<void> {
    this.#isClosed = true
    await this.#last
    await this.#listeners.stopAccepting()
  }

  /** Answers what is in progress, for `graceMs` at most, and ends the connections. */
  endConnections(graceMs: number): Promise<void> {
    return this.#listeners.connections.close(graceMs)
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#last.then(() => {
      if (this.#isClosed) throw new Error('the broker is closed')
      return change()
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  async #stop(): Promise<void> {
    if (!this.#isRunning) return
    const { cluster } = this.#options
    this.#isRunning = false
    cluster.setRunning(this.nodeId, false)
    await this.#listeners.drop()
    await cluster.leadership.settle()
  }

  async #start(): Promise<void> {
    if (this.#isRunning) return
    const { cluster, listening } = this.#options
    this.#listeners = await NodeListeners.open(this.#listeners.addresses, listening)
    this.#isRunning = true
    cluster.setRunning(this.nodeId, true)
    this.serve()
    await cluster.leadership.settle()
  }
}

function reachableEndpoint({ servers }: NodeListeners): Endpoint {
  const first = servers[0]
  if (first === undefined) throw new Error('a broker has at least one listener')
  const host = isWildcard(first.requestedHost) ? '127.0.0.1' : first.requestedHost
  return { host, port: first.bound.port }
}
