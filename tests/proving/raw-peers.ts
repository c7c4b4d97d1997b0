/** Raw sockets at both ends of the proxy: a broker that answers whatever it is told to, and a client that sends and receives frames. */

import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { FrameSplitter } from './proxy/frame-splitter.ts'

export interface StubBroker extends AsyncDisposable {
  readonly bootstrapServers: string
  /** Whole requests, their sizes included. */
  readonly requests: readonly Buffer[]
  /** Bytes, whole requests or not. */
  readonly receivedBytes: number
  readonly openConnections: number
}

/** Listens, and answers each request with `answer`; with nothing when that is undefined. Default: its correlation id and "done". */
export async function startStubBroker(
  answer: (request: Buffer) => Buffer | undefined = (request) => responseTo(request),
): Promise<StubBroker> {
  const requests: Buffer[] = []
  const sockets = new Set<Socket>()
  let receivedBytes = 0
  const server = createServer((socket) => {
    const splitter = new FrameSplitter()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length
      for (const request of splitter.push(chunk)) {
        requests.push(request)
        const response = answer(request)
        if (response !== undefined) socket.write(response)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    bootstrapServers: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get receivedBytes() {
      return receivedBytes
    },
    get openConnections() {
      return sockets.size
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export class RawClient implements Disposable {
  readonly socket: Socket
  readonly responses: Buffer[] = []
  readonly #events = new EventEmitter()
  receivedBytes = 0
  /** Resolves once the connection has ended, however it did. */
  readonly closed: Promise<void>

  constructor(bootstrapServers: string) {
    const [host = '', port = ''] = bootstrapServers.split(':')
    const splitter = new FrameSplitter()
    this.socket = connect(Number(port), host)
    this.socket.setNoDelay(true)
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => resolve())
    })
    this.socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length
      this.responses.push(...splitter.push(chunk))
      this.#events.emit('response')
    })
  }

  send(...requests: readonly Buffer[]): void {
    for (const request of requests) this.socket.write(request)
  }

  /** Resolves when so many responses have come in all; rejects when the connection ends before. */
  async received(count: number): Promise<readonly Buffer[]> {
    const ended = this.closed.then(() => {
      if (this.responses.length < count) throw new Error(`closed after ${this.responses.length} responses`)
    })
    while (this.responses.length < count) await Promise.race([once(this.#events, 'response'), ended])
    return this.responses
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

const HEARTBEAT = 12

/** Enough of a request for the proxy: size, API, version, correlation id and some bytes. */
export function requestFrame(correlationId: number, options: { apiKey?: number; version?: number; bodyBytes?: number } = {}): Buffer {
  const frame = Buffer.alloc(12 + (options.bodyBytes ?? 20), correlationId & 0xff)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(options.apiKey ?? HEARTBEAT, 4)
  frame.writeInt16BE(options.version ?? 0, 6)
  frame.writeInt32BE(correlationId, 8)
  return frame
}

/** A response with the request's correlation id. */
export function responseTo(request: Buffer, body: Buffer = Buffer.from('done')): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + body.length, 0)
  request.copy(head, 4, 8, 12)
  return Buffer.concat([head, body])
}

export function correlationIdOf(response: Buffer): number {
  return response.readInt32BE(4)
}
