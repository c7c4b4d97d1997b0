/** One listener: accepts connections within the limits and hands each what it needs. */

import type { Listener, Runtime, Socket, SocketHandler, Timer } from '@odradek/runtime'
import { anonymous } from '../api/authorizer.ts'
import type { Dispatcher } from '../api/dispatcher.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { ListenerAddress } from '../config/listeners.ts'
import { isWildcard } from '../config/listeners.ts'
import type { Logger } from '../logger.ts'
import type { Endpoint } from '../node.ts'
import type { ConnectionQuota } from '../quota/connection-quota.ts'
import { systemErrorCode } from '../system-error.ts'
import { Connection, plainAddress } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { RequestBudget } from './request-budget.ts'

export interface ServerOptions {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly config: BrokerConfig
  readonly connections: ConnectionTable
  readonly budget: RequestBudget
}

/** Connections over their address' quota that are kept waiting at once; more are closed at once. */
const throttledMax = 1000

/** The port cannot be listened on. The message is one line that says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

const refusedHandler: SocketHandler = { onData: () => undefined, onClose: () => undefined }

export class Server {
  readonly name: string
  /** As configured: a name, an address, or empty for every interface. */
  readonly requestedHost: string
  readonly bound: Endpoint
  readonly #options: ServerOptions
  readonly #listener: Listener
  readonly #throttled = new Map<Socket, Timer>()
  #dispatcher: Dispatcher | undefined
  #quota: ConnectionQuota | undefined

  private constructor({ name, host }: ListenerAddress, listener: Listener, options: ServerOptions) {
    this.name = name
    this.requestedHost = host
    this.bound = { host: listener.host, port: listener.port }
    this.#listener = listener
    this.#options = options
  }

  /** Takes the port; connections are refused until `serve`. Throws ListenError. */
  static async listen(address: ListenerAddress, options: ServerOptions): Promise<Server> {
    const { network } = options.runtime
    const { host, port } = address
    let server: Server | undefined
    const accept = (socket: Socket): SocketHandler => server?.accept(socket) ?? refuse(socket)
    const open = (interfaceAddress: string): Promise<Listener> => network.listen({ host: interfaceAddress, port }, accept)
    try {
      const listener = await (host === '' ? openEveryInterface(open) : open(host))
      server = new Server(address, listener, options)
      return server
    } catch (error) {
      throw listenError(host, port, error)
    }
  }

  serve(dispatcher: Dispatcher, quota: ConnectionQuota): void {
    this.#dispatcher = dispatcher
    this.#quota = quota
  }

  accept(socket: Socket): SocketHandler {
    const { runtime, logger, config, connections, budget } = this.#options
    if (this.#dispatcher === undefined) return refuse(socket)
    const refusal = connections.refusal(plainAddress(socket.remoteAddress))
    if (refusal !== undefined) {
      logger.warn(`refused a connection from ${plainAddress(socket.remoteAddress)} on ${this.name}: ${refusal}`)
      return refuse(socket)
    }
    const throttleMs = this.#quota?.record(plainAddress(socket.remoteAddress)) ?? 0
    if (throttleMs > 0) return this.#closeLater(socket, throttleMs)
    const connection = new Connection(socket, {
      id: connections.newId(),
      listener: this.name,
      principal: anonymous,
      maxFrameBytes: config.get('socket.request.max.bytes'),
      clock: runtime.clock,
      logger,
      budget,
      dispatcher: this.#dispatcher,
      onClosed: (closed) => connections.remove(closed),
    })
    connections.add(connection)
    return connection
  }

  /** KIP-612: a client that is refused at once would be back at once. Nothing is read meanwhile. */
  #closeLater(socket: Socket, throttleMs: number): SocketHandler {
    if (this.#throttled.size >= throttledMax) return refuse(socket)
    socket.pause()
    const timer = this.#options.runtime.clock.setTimer(throttleMs, () => socket.destroy(), true)
    this.#throttled.set(socket, timer)
    const onClose = (): void => {
      timer.cancel()
      this.#throttled.delete(socket)
    }
    return { onData: () => undefined, onClose }
  }

  /** Stops accepting; open connections stay open. */
  close(): Promise<void> {
    for (const socket of this.#throttled.keys()) socket.destroy()
    return this.#listener.close()
  }
}

function refuse(socket: Socket): SocketHandler {
  socket.destroy()
  return refusedHandler
}

/** '::' takes IPv4 as well, where the machine has IPv6 at all. */
async function openEveryInterface(open: (address: string) => Promise<Listener>): Promise<Listener> {
  try {
    return await open('::')
  } catch (error) {
    if (hasNoIpv6(error)) return open('0.0.0.0')
    throw error
  }
}

function hasNoIpv6(error: unknown): boolean {
  const code = systemErrorCode(error)
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL' || code === 'EINVAL'
}

function listenError(host: string, port: number, error: unknown): ListenError {
  const code = systemErrorCode(error)
  const where = `${isWildcard(host) ? 'every interface' : host}, port ${port}`
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError(`Cannot listen on ${where}: something else does already. Stop it, or choose another port`, { cause: error })
    case 'EACCES':
      return new ListenError(`Cannot listen on ${where}: not allowed. Choose a port above 1023`, { cause: error })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError(`Cannot listen on ${where}: this machine does not have that address. Choose one that it has`, { cause: error })
    default:
      return new ListenError(`Cannot listen on ${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
