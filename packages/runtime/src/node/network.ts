/** TCP, TLS and name resolution by Node. Socket buffer sizes are the kernel's: Node cannot set them. */

import type { Server, Socket as NetSocket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { ConnectOptions, Listener, ListenOptions, Network, Socket, SocketHandler, TlsOptions } from '../network.ts'
import { dns, net, tls } from './builtins.ts'
import { NodeSocket, WRITE_HIGH_WATER_BYTES } from './socket.ts'
import { tlsClientOptions, tlsServerOptions } from './tls.ts'

/** A TLS client that does not finish its handshake is dropped after this. */
const HANDSHAKE_TIMEOUT_MS = 30_000

export const nodeNetwork: Network = { connect, listen, resolve }

function connect(options: ConnectOptions, handler: SocketHandler): Promise<Socket> {
  return new Promise((resolveConnected, reject) => {
    const { host, port, timeoutMs } = options
    // Before anything else: what throws in a socket's event ends the process.
    const tlsOptions = options.tls === undefined ? undefined : checkedTlsOptions(options.tls, host)
    const plain = net().connect({ host, port, noDelay: true, autoSelectFamily: false, ...STREAM_OPTIONS })
    let secure: TLSSocket | undefined
    const timer = setTimeout(
      () => fail(codedError('ETIMEDOUT', `Connecting to ${host}:${port} took longer than ${timeoutMs} ms`)),
      timeoutMs,
    )

    function fail(error: Error): void {
      // First, because destroying a TLS socket reports its close at once, which would be the reason then.
      reject(error)
      clearTimeout(timer)
      secure?.destroy()
      plain.destroy()
    }

    function onClosed(): void {
      fail(codedError('ECONNRESET', `${host}:${port} closed the connection before it was ready`))
    }

    function established(socket: NetSocket): void {
      clearTimeout(timer)
      const connected = new NodeSocket(socket, secure)
      socket.off('error', fail)
      socket.off('close', onClosed)
      resolveConnected(connected)
      // Later than every promise that hangs on this one, so that the caller holds the socket before the first event.
      setImmediate(() => connected.start(handler))
    }

    plain.on('error', fail)
    plain.on('close', onClosed)
    plain.once('connect', () => {
      if (tlsOptions === undefined) {
        established(plain)
        return
      }
      const wrapped = (secure = tls().connect({ ...tlsOptions, socket: plain }))
      wrapped.on('error', fail)
      wrapped.on('close', onClosed)
      wrapped.once('secureConnect', () => {
        plain.off('close', onClosed)
        established(wrapped)
      })
    })
  })
}

/** With the context that they make. Throws ERR_TLS_OPTIONS. */
function checkedTlsOptions(options: TlsOptions, host: string): ConnectionOptions {
  const clientOptions = tlsClientOptions(options, host)
  try {
    return { ...clientOptions, secureContext: tls().createSecureContext(clientOptions) }
  } catch (error) {
    throw codedError('ERR_TLS_OPTIONS', `The certificates, key or password cannot be used: ${textOf(error)}`)
  }
}

const STREAM_OPTIONS = { allowHalfOpen: true, writableHighWaterMark: WRITE_HIGH_WATER_BYTES }

function listen(options: ListenOptions, accept: (socket: Socket) => SocketHandler): Promise<Listener> {
  return new Promise((resolveListening, reject) => {
    const server = createServer(options, accept)
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port }, () => {
      server.off('error', reject)
      // Running out of file descriptors, for one: the connection is lost, the listener is not.
      server.on('error', ignore)
      const address = server.address()
      if (address === null || typeof address === 'string') return
      resolveListening({
        host: address.address,
        port: address.port,
        close() {
          server.close()
          return new Promise((closed) => {
            setImmediate(closed)
          })
        },
      })
    })
  })
}

function createServer(options: ListenOptions, accept: (socket: Socket) => SocketHandler): Server {
  const streamOptions = { noDelay: true, allowHalfOpen: true, highWaterMark: WRITE_HIGH_WATER_BYTES }
  if (options.tls === undefined) {
    return net().createServer(streamOptions, (socket) => {
      const connected = new NodeSocket(socket)
      connected.start(accept(connected))
    })
  }
  const server = tls().createServer({ ...tlsServerOptions(options.tls), ...streamOptions, handshakeTimeout: HANDSHAKE_TIMEOUT_MS })
  server.on('tlsClientError', ignore)
  server.on('secureConnection', (socket) => {
    const connected = new NodeSocket(socket, socket)
    connected.start(accept(connected))
  })
  return server
}

async function resolve(host: string): Promise<string[]> {
  if (net().isIP(host) !== 0) return [host]
  const addresses = await dns().promises.lookup(host, { all: true, verbatim: true })
  return addresses.map(({ address }) => address)
}

function ignore(): void {}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
