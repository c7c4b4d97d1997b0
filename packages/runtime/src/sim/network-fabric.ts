/** Owns what the hosts are connected by: names, addresses, links, listeners and the sockets that are open. */

import type { ListenOptions, Socket, SocketHandler } from '../network.ts'
import { SystemError } from './errors.ts'
import type { SimHost } from './host.ts'
import { Link, type NetworkFaults, noNetworkFaults } from './link.ts'
import { Pipe, type PipeSettings } from './pipe.ts'
import type { SimProcess } from './process.ts'
import { ProcessSocket, type SocketAddresses, type SocketSettings } from './process-socket.ts'
import type { Range } from './random-stream.ts'
import type { World } from './world.ts'

export interface NetworkOptions {
  /** One way between two hosts. */
  readonly latencyMs: Range
  /** One way within a host. */
  readonly loopbackLatencyMs: Range
  /** Bytes on their way or unread at the other end beyond which `write` reports backpressure. */
  readonly windowBytes: number
  /** How long a kernel keeps sending to a peer that does not answer. */
  readonly retransmissionTimeoutMs: number
  /** Probability that a piece of data arrives in two parts. */
  readonly fragmentProbability: number
  readonly faults: Partial<NetworkFaults>
}

export const defaultNetworkOptions: NetworkOptions = {
  latencyMs: { min: 0.1, max: 0.6 },
  loopbackLatencyMs: { min: 0.01, max: 0.05 },
  windowBytes: 256 * 1024,
  retransmissionTimeoutMs: 924_600,
  fragmentProbability: 0.1,
  faults: {},
}

export interface BoundListener {
  readonly process: SimProcess
  readonly address: string
  readonly port: number
  readonly usesTls: boolean
  readonly accept: (socket: Socket) => SocketHandler
}

export const LOOPBACK = '127.0.0.1'
const WILDCARDS: readonly string[] = ['0.0.0.0', '::']

export class NetworkFabric implements PipeSettings {
  readonly #world: World
  readonly #options: NetworkOptions
  readonly #hosts = new Map<string, SimHost>()
  readonly #names = new Map<string, readonly string[]>()
  readonly #links = new Map<string, Link>()
  readonly #listeners = new Map<SimHost, Set<BoundListener>>()
  readonly #sockets = new Set<ProcessSocket>()
  readonly #socketSettings: SocketSettings
  readonly refusingHosts: Set<string> = new Set()
  readonly fragmentProbability: number
  faults: NetworkFaults

  constructor(world: World, options: NetworkOptions) {
    this.#world = world
    this.#options = options
    this.fragmentProbability = options.fragmentProbability
    this.faults = { ...noNetworkFaults, ...options.faults }
    this.#socketSettings = {
      windowBytes: options.windowBytes,
      retransmissionTimeoutMs: options.retransmissionTimeoutMs,
      onGone: (socket) => this.#sockets.delete(socket),
    }
  }

  addHost(host: SimHost): void {
    this.#hosts.set(host.address, host)
    this.setName(host.name, [host.address])
  }

  /** An empty list removes the name. */
  setName(name: string, addresses: readonly string[]): void {
    if (addresses.length === 0) this.#names.delete(name)
    else this.#names.set(name, addresses)
  }

  /** Throws ENOTFOUND. */
  addresses(name: string): string[] {
    if (name === 'localhost') return [LOOPBACK]
    if (isLiteral(name)) return [name]
    const addresses = this.#names.get(name)
    if (addresses === undefined) throw new SystemError('ENOTFOUND', 'getaddrinfo', name)
    return [...addresses]
  }

  hostAt(address: string, from: SimHost): SimHost | undefined {
    return isLoopback(address) ? from : this.#hosts.get(address)
  }

  link(from: SimHost, to: SimHost): Link {
    return this.linkBetween(from.name, to.name)
  }

  linkBetween(from: string, to: string): Link {
    const key = `${from}>${to}`
    let link = this.#links.get(key)
    if (link === undefined) {
      const latencyMs = from === to ? this.#options.loopbackLatencyMs : this.#options.latencyMs
      link = new Link(from, to, latencyMs, (name) => this.#world.stream(name))
      this.#links.set(key, link)
    }
    return link
  }

  bind(process: SimProcess, host: SimHost, options: ListenOptions, accept: (socket: Socket) => SocketHandler): BoundListener {
    const address = this.#bindAddress(host, options.host)
    const listeners = this.#listeners.get(host) ?? new Set()
    const isTaken = (port: number): boolean => [...listeners].some((other) => other.port === port && overlap(other.address, address))
    let port = options.port
    if (port === 0) {
      do port = host.takePort()
      while (isTaken(port))
    } else if (isTaken(port)) {
      throw new SystemError('EADDRINUSE', 'listen', `${options.host}:${port}`)
    }
    const listener: BoundListener = { process, address, port, usesTls: options.tls !== undefined, accept }
    listeners.add(listener)
    this.#listeners.set(host, listeners)
    return listener
  }

  unbind(host: SimHost, listener: BoundListener): void {
    this.#listeners.get(host)?.delete(listener)
  }

  listener(host: SimHost, address: string, port: number): BoundListener | undefined {
    for (const listener of this.#listeners.get(host) ?? []) {
      if (listener.port === port && overlap(listener.address, address)) return listener
    }
    return undefined
  }

  socket(host: SimHost, process: SimProcess, addresses: SocketAddresses): ProcessSocket {
    const socket = new ProcessSocket(this.#world, host, process, addresses, this.#socketSettings)
    this.#sockets.add(socket)
    return socket
  }

  /** Lays the two pipes of a connection. */
  join(connector: ProcessSocket, acceptor: ProcessSocket): void {
    const settings = (): PipeSettings => this
    const there = this.link(connector.host, acceptor.host)
    const back = this.link(acceptor.host, connector.host)
    connector.attach(new Pipe(this.#world, there, settings, connector, acceptor, false), acceptor)
    acceptor.attach(new Pipe(this.#world, back, settings, acceptor, connector, true), connector)
  }

  /** The sockets that `host` has open to `peer`. */
  socketsBetween(host: string, peer: string): ProcessSocket[] {
    return [...this.#sockets].filter((socket) => socket.host.name === host && socket.peer?.host.name === peer)
  }

  describe(): string[] {
    const blocked = [...this.#links.values()].filter((link) => link.isBlocked).map((link) => `link ${link.from} → ${link.to} is blocked`)
    return [...blocked, ...[...this.#sockets].map((socket) => socket.describe())]
  }

  #bindAddress(host: SimHost, name: string): string {
    if (WILDCARDS.includes(name)) return name
    const address = this.addresses(name).find((candidate) => isLoopback(candidate) || candidate === host.address)
    if (address === undefined) throw new SystemError('EADDRNOTAVAIL', 'listen', name)
    return address
  }
}

export function isLiteral(name: string): boolean {
  return /^[\d.]+$/.test(name) || name.includes(':')
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

function overlap(left: string, right: string): boolean {
  return left === right || WILDCARDS.includes(left) || WILDCARDS.includes(right)
}
