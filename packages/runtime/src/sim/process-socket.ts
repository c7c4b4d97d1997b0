/** Owns one end of a simulated TCP connection: buffers, backpressure, half-close, reset. */

import { crc32 } from 'node:zlib'
import type { Socket, SocketHandler } from '../network.ts'
import { SystemError } from './errors.ts'
import type { SimHost } from './host.ts'
import type { Pipe, PipeEnd, Segment } from './pipe.ts'
import type { SimProcess } from './process.ts'
import type { World } from './world.ts'

export interface SocketSettings {
  /** Bytes that may be on their way or unread at the other end before `write` reports backpressure. */
  readonly windowBytes: number
  /** How long the kernel keeps sending to a peer that does not answer. */
  readonly retransmissionTimeoutMs: number
  /** The socket is gone from this end. */
  readonly onGone: (socket: ProcessSocket) => void
}

export interface SocketAddresses {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
}

/**
 * connecting: nothing is known of the other end yet. open: data flows. closing: this end has had its last word, the handler is still to be told.
 * closed: the kernel answers whatever comes with a reset. silent: nothing answers.
 */
type State = 'connecting' | 'open' | 'closing' | 'closed' | 'silent'

/** How long a peer may take to close its side after this one was closed. */
const LINGER_US = 2_000_000

/** As Linux: at first after 200 ms, then twice as long each time, up to two minutes. */
const FIRST_RETRANSMISSION_US = 200_000
const MAX_RETRANSMISSION_US = 120_000_000

export class ProcessSocket implements Socket, PipeEnd {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly host: SimHost
  readonly process: SimProcess
  readonly #world: World
  readonly #settings: SocketSettings
  readonly #forgetDeath: () => void
  #pipe: Pipe | undefined
  #peer: ProcessSocket | undefined
  #handler: SocketHandler | undefined
  #state: State = 'connecting'
  /** Written by the process, not yet taken by the kernel. */
  #unsent: Buffer[] = []
  #unsentBytes = 0
  #takenBytes = 0
  /** Who is to be told once so many bytes in all have been taken, in order. */
  readonly #awaiting: { readonly atBytes: number; readonly onTaken: () => void }[] = []
  /** Taken from the network by the kernel, not yet by the process. */
  #unread: Buffer[] = []
  #unreadBytes = 0
  #isPaused = false
  #mustDrain = false
  #hasEnded = false
  #endIsSent = false
  #peerHasEnded = false
  #peerEndIsTold = false
  #isRetransmitting = false
  /** Called when the other end has accepted, or with the error that prevents it. */
  onEstablished: ((error?: Error) => void) | undefined

  constructor(world: World, host: SimHost, process: SimProcess, addresses: SocketAddresses, settings: SocketSettings) {
    this.#world = world
    this.host = host
    this.process = process
    this.remoteAddress = addresses.remoteAddress
    this.remotePort = addresses.remotePort
    this.localAddress = addresses.localAddress
    this.localPort = addresses.localPort
    this.#settings = settings
    this.#forgetDeath = process.onDeath(() => this.#die())
  }

  get bufferedBytes(): number {
    return this.#unsentBytes
  }

  attach(pipe: Pipe, peer: ProcessSocket): void {
    this.#pipe = pipe
    this.#peer = peer
  }

  get peer(): ProcessSocket | undefined {
    return this.#peer
  }

  /** Data may be written from here on. */
  open(): void {
    this.#state = 'open'
  }

  /** Tells the other end that the connection is accepted. */
  establish(): void {
    this.#pipe?.send({ kind: 'established' })
  }

  /** Who is told of what arrives; nothing arrives before the event that opens the socket is over. */
  handle(handler: SocketHandler): void {
    this.#handler = handler
  }

  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean {
    if (this.#state !== 'open' || this.#hasEnded || !this.process.isAlive) return false
    for (const chunk of chunks) {
      if (chunk.length === 0) continue
      this.#unsent.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      this.#unsentBytes += chunk.length
    }
    if (onTaken !== undefined) this.#awaiting.push({ atBytes: this.#takenBytes + this.#unsentBytes, onTaken })
    this.#flush()
    this.#mustDrain = this.#unsentBytes > 0
    return !this.#mustDrain
  }

  pause(): void {
    this.#isPaused = !this.#hasEnded
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.process.schedule(0, 'network', () => this.#read())
  }

  end(): void {
    if (this.#state !== 'open' || this.#hasEnded || !this.process.isAlive) return
    this.#hasEnded = true
    // Reading on, to no use, lets the peer's own close be seen.
    this.#isPaused = false
    this.process.schedule(0, 'network', () => this.#read())
    this.#flush()
  }

  destroy(error?: Error): void {
    if (this.#state !== 'open' || !this.process.isAlive) return
    this.#hangUp()
    this.#close(error)
  }

  receive(segment: Segment): void {
    if (!this.host.isPowered || this.#state === 'silent') {
      this.#peer?.loseContact()
    } else if (this.#state === 'closed' || this.#state === 'closing' || !this.process.isAlive) {
      if (segment.kind === 'data' || segment.kind === 'established') this.#pipe?.send({ kind: 'reset' })
    } else {
      this.#accept(segment)
    }
  }

  breakOff(): void {
    this.#pipe?.empty()
    this.#fail('ECONNRESET')
  }

  fallSilent(): void {
    this.#pipe?.empty()
    this.#state = 'silent'
  }

  /** Nothing that this end sends is answered any more; its kernel goes on trying. */
  loseContact(): void {
    if (this.#isRetransmitting || this.#state !== 'open') return
    this.#isRetransmitting = true
    this.#retransmit(FIRST_RETRANSMISSION_US, this.#world.timeline.nowUs + this.#settings.retransmissionTimeoutMs * 1000)
  }

  /** Ends with a reset once the other end's kernel is there again, and with ETIMEDOUT when it is not in time. */
  #retransmit(delayUs: number, deadlineUs: number): void {
    const untilDeadlineUs = deadlineUs - this.#world.timeline.nowUs
    this.process.schedule(Math.min(delayUs, untilDeadlineUs), 'network', () => {
      if (this.#peer?.host.isPowered === true && this.#peer.#state !== 'silent') this.#fail('ECONNRESET')
      else if (delayUs >= untilDeadlineUs) this.#fail('ETIMEDOUT')
      else if (this.#state === 'open') this.#retransmit(Math.min(2 * delayUs, MAX_RETRANSMISSION_US), deadlineUs)
    })
  }

  /** The process has given up connecting. */
  abandon(): void {
    if (this.#state === 'connecting') this.#state = 'closed'
    this.#leave()
  }

  /** One line for a dump. */
  describe(): string {
    const way = `${this.localAddress}:${this.localPort} → ${this.remoteAddress}:${this.remotePort}`
    return `${this.process.name} socket ${way} ${this.#state}, unsent ${this.#unsentBytes}, unread ${this.#unreadBytes}`
  }

  #accept(segment: Segment): void {
    if (segment.kind === 'data') {
      this.#unread.push(segment.bytes)
      this.#unreadBytes += segment.bytes.length
      this.#read()
    } else if (segment.kind === 'established') {
      this.onEstablished?.()
    } else if (segment.kind === 'end') {
      this.#peerHasEnded = true
      this.#read()
    } else if (this.#state === 'connecting') {
      this.onEstablished?.(new SystemError('ECONNRESET', 'connect', `${this.remoteAddress}:${this.remotePort}`))
    } else {
      this.#fail('ECONNRESET')
    }
  }

  /** Hands on what has arrived, as long as the process takes it. */
  #read(): void {
    for (let bytes = this.#unread[0]; bytes !== undefined && !this.#isPaused && this.#state === 'open'; bytes = this.#unread[0]) {
      this.#unread.shift()
      this.#unreadBytes -= bytes.length
      this.#world.note(this.process.name, 'data', crc32(bytes))
      // The kernel's room is announced to the sender before the process sees the data, whatever it then does.
      this.#peer?.scheduleFlush()
      if (!this.#hasEnded) this.#handler?.onData(bytes)
    }
    if (this.#unread.length > 0 || !this.#peerHasEnded || this.#peerEndIsTold || this.#isPaused || this.#state !== 'open') return
    this.#peerEndIsTold = true
    if (this.#handler?.onEnd === undefined || this.#hasEnded) this.end()
    else this.#handler.onEnd()
    this.#closeWhenBothEnded()
  }

  scheduleFlush(): void {
    if (this.#unsentBytes > 0) this.process.schedule(0, 'network', () => this.#flush())
  }

  /** Gives the kernel as much as it takes. */
  #flush(): void {
    if (this.#state !== 'open' || this.#pipe === undefined) return
    const room = this.#settings.windowBytes - this.#pipe.inFlightBytes - (this.#peer === undefined ? 0 : this.#peer.#unreadBytes)
    if (this.#unsentBytes > 0 && room > 0) this.#pipe.send({ kind: 'data', bytes: this.#takeUnsent(room) })
    this.#tellTaken()
    if (this.#unsentBytes > 0) return
    if (this.#mustDrain) {
      this.#mustDrain = false
      this.process.schedule(0, 'network', () => {
        if (this.#state === 'open') this.#handler?.onDrain?.()
      })
    }
    if (this.#hasEnded && !this.#endIsSent) {
      this.#endIsSent = true
      this.#pipe.send({ kind: 'end' })
      this.process.schedule(LINGER_US, 'network', () => this.#close())
      this.#closeWhenBothEnded()
    }
  }

  #tellTaken(): void {
    for (let first = this.#awaiting[0]; first !== undefined && first.atBytes <= this.#takenBytes; first = this.#awaiting[0]) {
      const { onTaken } = first
      this.#awaiting.shift()
      this.process.schedule(0, 'network', () => {
        if (this.#state === 'open') onTaken()
      })
    }
  }

  /** Copies here and not before: whoever reuses the memory of a write that was not taken yet is found out. */
  #takeUnsent(maxBytes: number): Buffer {
    const taken: Buffer[] = []
    let room = maxBytes
    for (let chunk = this.#unsent[0]; chunk !== undefined && room > 0; chunk = this.#unsent[0]) {
      const part = chunk.subarray(0, room)
      taken.push(part)
      room -= part.length
      if (part.length === chunk.length) this.#unsent.shift()
      else this.#unsent[0] = chunk.subarray(part.length)
    }
    this.#unsentBytes -= maxBytes - room
    this.#takenBytes += maxBytes - room
    return Buffer.concat(taken)
  }

  #closeWhenBothEnded(): void {
    if (this.#endIsSent && this.#peerEndIsTold && this.#state === 'open') this.#close()
  }

  #fail(code: string): void {
    if (this.#state !== 'open') {
      if (this.#state === 'connecting') this.#state = 'closed'
      return
    }
    this.#close(new SystemError(code, 'read', `${this.remoteAddress}:${this.remotePort}`))
  }

  #close(error?: Error): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#unsent = []
    this.#unsentBytes = 0
    this.#unread = []
    this.#unreadBytes = 0
    this.#leave()
    this.process.schedule(0, 'network', () => {
      if (this.#state === 'closing') this.#state = 'closed'
      const handler = this.#handler
      this.#handler = undefined
      handler?.onClose(error)
    })
  }

  /** What the peer's kernel is told when this end goes: a reset when data was left unread, as TCP has it, and else that no more will come. */
  #hangUp(): void {
    if (this.#endIsSent && this.#unreadBytes === 0) return
    this.#endIsSent = true
    this.#pipe?.send({ kind: this.#unreadBytes > 0 ? 'reset' : 'end' })
  }

  #die(): void {
    if (this.host.isPowered && this.#state === 'open') this.#hangUp()
    this.#state = 'closed'
    this.#handler = undefined
    this.#unsent = []
    this.#unread = []
    this.#leave()
  }

  #leave(): void {
    this.#forgetDeath()
    this.#settings.onGone(this)
  }
}
