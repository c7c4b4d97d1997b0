/** A broker under questions: sends requests as they stand, and notes the responses in a form that two brokers can be compared in. */

import { connect, type Socket } from 'node:net'
import { type Api, decodeResponseHeader, encodeRequestFrame, Reader } from '@odradek/protocol'

/** Where nodes are, and when something was, differs from broker to broker. */
const masked: ReadonlySet<string> = new Set(['host', 'port', 'nodeId', 'throttleTimeMs'])
/** Lists whose order says nothing: Kafka keeps them in hash maps. */
const unordered: ReadonlySet<string> = new Set(['members', 'groups', 'topics', 'partitions', 'results'])

export class Lab implements AsyncDisposable {
  /** A line a response. */
  readonly transcript: string[] = []
  readonly #host: string
  readonly #port: number
  readonly #connections: Connection[] = []
  /** Names of this broker's own making, and what they are called in the transcript. */
  readonly #aliases = new Map<string, string>()

  constructor(bootstrapServers: string) {
    const colon = bootstrapServers.lastIndexOf(':')
    this.#host = bootstrapServers.slice(0, colon)
    this.#port = Number(bootstrapServers.slice(colon + 1))
  }

  async connect(clientId = 'lab'): Promise<Connection> {
    const connection = await Connection.open(this.#host, this.#port, clientId)
    this.#connections.push(connection)
    return connection
  }

  /** Shows `value` as `alias` in the transcript. */
  alias(value: string, alias: string): void {
    if (value !== '' && !this.#aliases.has(value)) this.#aliases.set(value, alias)
  }

  /** Asks, and notes the response under `what`. */
  async ask<Request, RequestInput, Response, ResponseInput>(
    what: string,
    connection: Connection,
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    message: RequestInput,
  ): Promise<Response> {
    const response = await connection.request(api, version, message)
    this.note(`${what}: ${api.name} v${version}`, response)
    return response
  }

  note(what: string, response: unknown): void {
    this.transcript.push(`${what}\n  ${JSON.stringify(this.#comparable(response))}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()))
  }

  #comparable(value: unknown, name = ''): unknown {
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (typeof value === 'string') return this.#aliases.get(value) ?? value
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#comparable(item))
      return unordered.has(name) ? items.sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other))) : items
    }
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([key, entry]) => [key, masked.has(key) ? '*' : this.#comparable(entry, key)])
    return Object.fromEntries(entries)
  }
}

export class Connection {
  readonly #socket: Socket
  readonly #clientId: string
  #received: Buffer = Buffer.alloc(0)
  #correlationId = 0
  readonly #waiting: { answer(frame: Buffer): void; fail(error: Error): void }[] = []

  private constructor(socket: Socket, clientId: string) {
    this.#socket = socket
    this.#clientId = clientId
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
  }

  static open(host: string, port: number, clientId: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port }, () => resolve(new Connection(socket, clientId)))
      socket.once('error', reject)
    })
  }

  request<Request, RequestInput, Response, ResponseInput>(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    message: RequestInput,
  ): Promise<Response> {
    const frame = encodeRequestFrame(api, version, this.#correlationId++, this.#clientId, message)
    return new Promise((resolve, fail) => {
      const answer = (response: Buffer): void => {
        const reader = new Reader(response)
        decodeResponseHeader(reader, api, version)
        resolve(api.decodeResponse(reader, version))
      }
      this.#waiting.push({ answer, fail })
      this.#socket.write(Buffer.concat(frame))
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve())
      this.#socket.destroy()
    })
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.fail(error)
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0)
      this.#waiting.shift()?.answer(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
    }
  }
}
