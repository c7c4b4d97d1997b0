/** One connected socket, plain or TLS, as the rest of the project sees it. */

import type { Socket as NetSocket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Socket, SocketHandler } from '../network.ts'
import { peerPrincipal } from './tls.ts'

/** How long a peer may take to close its side after ours was closed. */
const LINGER_MS = 2_000

/** Bytes queued in a socket above which `write` asks the caller to wait. */
export const WRITE_HIGH_WATER_BYTES = 262_144

export class NodeSocket implements Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly peerPrincipal: string | undefined
  readonly #socket: NetSocket
  #handler: SocketHandler | undefined
  #error: Error | undefined
  #corked = false
  /** Emptied before there was anyone to tell. */
  #drained = false
  #ended = false
  #closed = false

  constructor(socket: NetSocket, tlsSocket?: TLSSocket) {
    this.#socket = socket
    this.remoteAddress = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = socket.localAddress ?? ''
    this.localPort = socket.localPort ?? 0
    this.peerPrincipal = tlsSocket === undefined ? undefined : peerPrincipal(tlsSocket)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    socket.on('drain', this.#onDrain)
  }

  /** Events flow from here on; what happened before, a close included, is told now. */
  start(handler: SocketHandler): void {
    this.#handler = handler
    const socket = this.#socket
    if (this.#closed) {
      handler.onClose(this.#error)
      return
    }
    socket.on('data', (chunk: Buffer) => {
      if (!this.#ended) handler.onData(chunk)
    })
    if (this.#drained) handler.onDrain?.()
    socket.on('end', () => {
      if (handler.onEnd === undefined || this.#ended) this.end()
      else handler.onEnd()
    })
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean {
    const socket = this.#socket
    if (this.#ended || this.#closed || socket.destroyed) return false
    // Whatever is written in one turn of the event loop leaves in one system call.
    if (!this.#corked) {
      this.#corked = true
      socket.cork()
      process.nextTick(this.#uncork)
    }
    let accepts = true
    const last = chunks.length - 1
    for (let index = 0; index < last; index++) accepts = socket.write(chunks[index] as Uint8Array)
    const chunk = chunks[last]
    if (chunk === undefined) return accepts
    if (onTaken === undefined) return socket.write(chunk)
    // Of what was under way when it was destroyed Node says no error.
    return socket.write(chunk, (error) => {
      if (!socket.destroyed && (error === undefined || error === null)) onTaken()
    })
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    const socket = this.#socket
    socket.end()
    // Reading on lets the peer's own close be seen; closing with unread data would reset the connection under what we sent.
    socket.resume()
    socket.once('finish', () => {
      const linger = setTimeout(() => socket.destroy(), LINGER_MS)
      linger.unref()
      socket.once('close', () => clearTimeout(linger))
    })
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }

  readonly #uncork = (): void => {
    this.#corked = false
    this.#socket.uncork()
  }

  readonly #onDrain = (): void => {
    if (this.#handler === undefined) this.#drained = true
    else this.#handler.onDrain?.()
  }

  readonly #onError = (error: Error): void => {
    this.#error ??= error
  }

  readonly #onClose = (): void => {
    this.#closed = true
    this.#handler?.onClose(this.#error)
  }
}
