/** Owns one attempt to connect, from the name to an open socket or an error. */

import type { ConnectOptions, Socket, SocketHandler } from '../network.ts'
import { SystemError } from './errors.ts'
import type { SimEvent } from './event-queue.ts'
import type { SimHost } from './host.ts'
import type { Link } from './link.ts'
import { type BoundListener, LOOPBACK, type NetworkFabric } from './network-fabric.ts'
import type { SimProcess } from './process.ts'
import type { ProcessSocket } from './process-socket.ts'
import type { World } from './world.ts'

/** As TCP does it: 1 s, then twice as long each time. */
const FIRST_RETRANSMISSION_MS = 1000

export interface ConnectContext {
  readonly world: World
  readonly fabric: NetworkFabric
  readonly host: SimHost
  readonly process: SimProcess
}

export class ConnectAttempt {
  readonly #context: ConnectContext
  readonly #options: ConnectOptions
  readonly #handler: SocketHandler
  readonly #resolve: (socket: Socket) => void
  readonly #reject: (error: Error) => void
  readonly #deadline: SimEvent | undefined
  #retransmitMs = FIRST_RETRANSMISSION_MS
  #retransmission: SimEvent | undefined
  #socket: ProcessSocket | undefined
  #isDone = false

  constructor(
    context: ConnectContext,
    options: ConnectOptions,
    handler: SocketHandler,
    resolve: (socket: Socket) => void,
    reject: (error: Error) => void,
  ) {
    this.#context = context
    this.#options = options
    this.#handler = handler
    this.#resolve = resolve
    this.#reject = reject
    this.#deadline = context.process.schedule(options.timeoutMs * 1000, 'timer', () => this.#fail('ETIMEDOUT'))
  }

  /** Goes to the first of the name's addresses, as a socket does that was given a name. */
  start(address: string): void {
    const { fabric, host, world } = this.#context
    const target = fabric.hostAt(address, host)
    if (target === undefined || this.#isDone) return
    const link = fabric.link(host, target)
    const isRefused = link.strikes('connectRefused', fabric.faults.connectRefused)
    const isLost = link.strikes('connectTimedOut', fabric.faults.connectTimedOut)
    if (isLost) {
      world.fault(target.name, 'connect-timed-out')
    } else if (isRefused || fabric.refusingHosts.has(target.name)) {
      world.fault(target.name, 'connect-refused')
      this.#answer(link.latencyUs() + fabric.link(target, host).latencyUs(), 'ECONNREFUSED')
    } else {
      this.#knock(address, target, link)
    }
  }

  fail(error: Error): void {
    if (this.#finish()) this.#reject(error)
  }

  #knock(address: string, target: SimHost, link: Link): void {
    this.#context.world.timeline.after(link.latencyUs(), 'network', undefined, () => {
      if (this.#isDone || !this.#context.process.isAlive) return
      if (target.isPowered && !link.isBlocked) this.#arrive(address, target)
      else this.#retry(address, target, link)
    })
  }

  #retry(address: string, target: SimHost, link: Link): void {
    if (link.isBlocked) this.#context.world.fault(target.name, 'segment-blocked')
    this.#retransmission = this.#context.process.schedule(this.#retransmitMs * 1000, 'network', () => this.#knock(address, target, link))
    this.#retransmitMs *= 2
  }

  #arrive(address: string, target: SimHost): void {
    const { fabric, host } = this.#context
    const backUs = fabric.link(target, host).latencyUs()
    const listener = fabric.listener(target, address, this.#options.port)
    if (listener === undefined) return this.#answer(backUs, 'ECONNREFUSED')
    const wantsTls = this.#options.tls !== undefined
    // A server that speaks TLS hangs up on plain text; a client that speaks TLS cannot read plain text.
    if (wantsTls !== listener.usesTls) return this.#answer(backUs, wantsTls ? 'EPROTO' : 'ECONNRESET')
    // The TLS handshake takes one more round trip.
    const handshakeUs = wantsTls ? backUs + fabric.link(host, target).latencyUs() : 0
    this.#context.world.timeline.after(handshakeUs, 'network', undefined, () => this.#accept(target, listener, address))
  }

  #accept(target: SimHost, listener: BoundListener, address: string): void {
    const { fabric, host, process } = this.#context
    if (this.#isDone || !process.isAlive) return
    if (!listener.process.isAlive) return this.#answer(0, 'ECONNRESET')
    const localAddress = target === host ? LOOPBACK : host.address
    const localPort = host.takePort()
    const port = this.#options.port
    const connector = fabric.socket(host, process, { localAddress, localPort, remoteAddress: address, remotePort: port })
    const acceptor = fabric.socket(target, listener.process, {
      localAddress: address,
      localPort: port,
      remoteAddress: localAddress,
      remotePort: localPort,
    })
    fabric.join(connector, acceptor)
    this.#socket = connector
    connector.onEstablished = (error) => (error === undefined ? this.#succeed(connector) : this.fail(error))
    acceptor.open()
    acceptor.establish()
    acceptor.handle(listener.accept(acceptor))
  }

  #answer(delayUs: number, code: string): void {
    this.#context.process.schedule(delayUs, 'network', () => this.#fail(code))
  }

  #fail(code: string): void {
    this.fail(new SystemError(code, 'connect', `${this.#options.host}:${this.#options.port}`))
  }

  #succeed(socket: ProcessSocket): void {
    this.#socket = undefined
    this.#finish()
    socket.open()
    socket.handle(this.#handler)
    this.#resolve(socket)
  }

  #finish(): boolean {
    if (this.#isDone) return false
    this.#isDone = true
    if (this.#deadline !== undefined) this.#context.world.timeline.cancel(this.#deadline)
    if (this.#retransmission !== undefined) this.#context.world.timeline.cancel(this.#retransmission)
    this.#socket?.abandon()
    return true
  }
}
