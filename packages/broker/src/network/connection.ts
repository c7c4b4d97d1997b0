/** One client connection: frames in, responses out in the order of their requests, and the limits on what may wait. */

import type { Clock, Socket, SocketHandler, Timer } from '@odradek/runtime'
import type { Principal } from '../api/authorizer.ts'
import type { ClientConnection } from '../api/context.ts'
import type { Dispatcher, ResponseChunks } from '../api/dispatcher.ts'
import type { Logger } from '../logger.ts'
import { FrameReader } from './frame-reader.ts'
import type { RequestBudget } from './request-budget.ts'

/** Requests of one connection that may be in progress at once; those of an API that is not pipelined are so one by one. */
const inProgressMax = 128
/** Unread requests that may pile up behind one in progress before the socket is paused. */
const unreadBytesMax = 65_536

/** A response's place in the order; `chunks` is undefined until it is there, null when there will be none. */
interface Slot {
  chunks: ResponseChunks | undefined
  /** What it holds of the budget; 0 once it is answered. */
  requestBytes: number
}

export interface ConnectionOptions {
  readonly id: number
  readonly listener: string
  readonly principal: Principal
  readonly maxFrameBytes: number
  readonly clock: Clock
  readonly logger: Logger
  readonly budget: RequestBudget
  readonly dispatcher: Pick<Dispatcher, 'start'>
  readonly onClosed: (connection: Connection) => void
}

export class Connection implements SocketHandler, ClientConnection {
  readonly id: number
  readonly listener: string
  readonly principal: Principal
  readonly clientHost: string
  readonly localAddress: string
  readonly localPort: number
  clientSoftwareName = 'unknown'
  clientSoftwareVersion = 'unknown'
  /** Monotonic time of the last byte in either direction. */
  lastActiveMs: number
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #frames: FrameReader
  readonly #slots: Slot[] = []
  readonly #closeListeners = new Set<() => void>()
  #outgoing: Uint8Array[] = []
  #isOpen = true
  #isPumping = false
  /** A request whose order matters to the next one is being worked on. */
  #isBlocked = false
  #isPaused = false
  /** The peer does not take its responses: nothing more is started until it does. */
  #isCongested = false
  #isWaitingForBudget = false
  /** Pending while a quota keeps the next request from being started. */
  #muted: Timer | undefined
  #mutedUntilMs = 0
  #endWhenIdle = false
  #startsNothing = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.id = options.id
    this.listener = options.listener
    this.principal = options.principal
    this.clientHost = plainAddress(socket.remoteAddress)
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort
    this.#frames = new FrameReader(options.maxFrameBytes)
    this.lastActiveMs = options.clock.monotonicMs()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** True when no request is in progress, nor kept waiting by a quota. */
  get isIdle(): boolean {
    return this.#slots.length === 0 && !this.#isBlocked && this.#muted === undefined
  }

  whenClosed(listener: () => void): () => void {
    this.#closeListeners.add(listener)
    return () => this.#closeListeners.delete(listener)
  }

  onData(chunk: Buffer): void {
    if (!this.#isOpen) return
    this.lastActiveMs = this.#options.clock.monotonicMs()
    this.#frames.push(chunk)
    this.#pump()
  }

  onDrain(): void {
    this.#isCongested = false
    this.#pump()
  }

  onEnd(): void {
    this.#endWhenIdle = true
    this.#pump()
  }

  onClose(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#muted?.cancel()
    for (const slot of this.#slots) this.#options.budget.give(slot.requestBytes)
    this.#slots.length = 0
    this.#options.onClosed(this)
    for (const listener of this.#closeListeners) listener()
    this.#closeListeners.clear()
  }

  /** Closes at once, for a reason that is logged. */
  fail(reason: string): void {
    if (!this.#isOpen) return
    this.#options.logger.warn(`closed the connection from ${this.clientHost}:${this.#socket.remotePort} on ${this.listener}: ${reason}`)
    this.destroy()
  }

  destroy(): void {
    this.#socket.destroy()
    this.onClose()
  }

  throttle(durationMs: number): void {
    const { clock } = this.#options
    const untilMs = clock.monotonicMs() + durationMs
    if (!this.#isOpen || this.#startsNothing || untilMs <= this.#mutedUntilMs) return
    this.#mutedUntilMs = untilMs
    this.#muted?.cancel()
    this.#muted = clock.setTimer(durationMs, () => this.#unmute(), true)
  }

  /** Answers what is in progress, starts nothing more, then closes. */
  endWhenIdle(): void {
    this.#muted?.cancel()
    this.#muted = undefined
    this.#endWhenIdle = true
    this.#startsNothing = true
    this.#pump()
  }

  /** Starts as many of the requests that have arrived as may start. */
  #pump(): void {
    if (this.#isPumping || !this.#isOpen) return
    this.#isPumping = true
    try {
      while (this.#mayStart()) {
        const frame = this.#frames.next()
        if (frame === undefined) break
        this.#start(frame)
      }
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error))
    }
    this.#isPumping = false
    this.#flush()
    this.#regulateReading()
    if (this.#endWhenIdle && this.isIdle) this.#socket.end()
  }

  #mayStart(): boolean {
    if (
      !this.#isOpen ||
      this.#startsNothing ||
      this.#muted !== undefined ||
      this.#isBlocked ||
      this.#isCongested ||
      this.#slots.length >= inProgressMax
    )
      return false
    if (this.#options.budget.isOpen) return true
    this.#waitForBudget()
    return false
  }

  #unmute(): void {
    this.#muted = undefined
    this.lastActiveMs = this.#options.clock.monotonicMs()
    this.#pump()
  }

  #waitForBudget(): void {
    if (this.#isWaitingForBudget) return
    this.#isWaitingForBudget = true
    this.#options.budget.whenOpen(() => {
      this.#isWaitingForBudget = false
      this.#pump()
    })
  }

  #start(frame: Buffer): void {
    const started = this.#options.dispatcher.start(frame, this)
    if (!('response' in started)) {
      this.#answer(started.chunks)
      return
    }
    const slot: Slot = { chunks: undefined, requestBytes: frame.length }
    this.#options.budget.take(frame.length)
    this.#slots.push(slot)
    started.response.then(
      (chunks) => this.#complete(slot, chunks),
      (error: unknown) => this.fail(error instanceof Error ? error.message : String(error)),
    )
    if (started.ordered === undefined) return
    this.#isBlocked = true
    const unblock = (): void => {
      this.#isBlocked = false
      this.#pump()
    }
    started.ordered.then(unblock, unblock)
  }

  #answer(chunks: ResponseChunks): void {
    if (this.#slots.length > 0) this.#slots.push({ chunks, requestBytes: 0 })
    else if (chunks !== null) this.#outgoing = this.#outgoing.length === 0 ? chunks : this.#outgoing.concat(chunks)
  }

  #complete(slot: Slot, chunks: ResponseChunks): void {
    if (!this.#isOpen) return
    slot.chunks = chunks
    const { requestBytes } = slot
    slot.requestBytes = 0
    this.#options.budget.give(requestBytes)
    while (this.#slots[0]?.chunks !== undefined) {
      const first = this.#slots.shift()
      if (first?.chunks) this.#outgoing = this.#outgoing.length === 0 ? first.chunks : this.#outgoing.concat(first.chunks)
    }
    this.#pump()
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || !this.#isOpen) return
    const chunks = this.#outgoing
    this.#outgoing = []
    this.lastActiveMs = this.#options.clock.monotonicMs()
    if (!this.#socket.write(chunks)) this.#isCongested = true
  }

  #regulateReading(): void {
    if (!this.#isOpen) return
    const shouldPause = !this.#mayStart() && this.#frames.bufferedBytes >= unreadBytesMax
    if (shouldPause === this.#isPaused) return
    this.#isPaused = shouldPause
    if (shouldPause) this.#socket.pause()
    else this.#socket.resume()
  }
}

/** IPv4 addresses that arrive on an IPv6 socket are shown as what they are. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
