/** A client that speaks frames: requests encoded by the generated code, or any bytes at all. */

import { type Api, decodeResponseHeader, encodeRequestFrame, Reader } from '@odradek/protocol'
import { createNodeRuntime, type Network, type Socket } from '@odradek/runtime'

interface Waiting {
  readonly resolve: (frame: Buffer) => void
  readonly reject: (error: Error) => void
}

export class WireClient {
  readonly closed: Promise<void>
  isClosed = false
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  readonly #frames: Buffer[] = []
  readonly #waiting: Waiting[] = []
  #markClosed: () => void = () => undefined
  #nextCorrelationId = 1

  private constructor() {
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve
    })
  }

  static async connect(port: number, host = '127.0.0.1', network: Network = createNodeRuntime().network): Promise<WireClient> {
    const client = new WireClient()
    const handler = { onData: (chunk: Buffer) => client.#onData(chunk), onClose: () => client.#onClose() }
    client.#socket = await network.connect({ host, port, timeoutMs: 5000 }, handler)
    return client
  }

  get localPort(): number {
    return this.#socket?.localPort ?? -1
  }

  /** Sends a request and resolves to its response; rejects when the connection closes first. */
  async request<Request, RequestInput, Response, ResponseInput>(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    message: RequestInput,
  ): Promise<Response> {
    const correlationId = this.send(api, version, message)
    const reader = new Reader(await this.nextFrame())
    const answered = decodeResponseHeader(reader, api, version)
    if (answered !== correlationId) throw new Error(`response to ${answered} where ${correlationId} was expected`)
    const response = api.decodeResponse(reader, version)
    if (reader.remaining !== 0) throw new Error(`${reader.remaining} bytes behind a ${api.name} v${version} response`)
    return response
  }

  /** Sends a request and returns its correlation id. */
  send<Request, RequestInput, Response, ResponseInput>(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    message: RequestInput,
  ): number {
    const correlationId = this.#nextCorrelationId++
    this.sendRaw(encodeRequestFrame(api, version, correlationId, 'wire-client', message))
    return correlationId
  }

  sendRaw(chunks: readonly Uint8Array[]): void {
    this.#socket?.write(chunks)
  }

  /** The next response frame, size taken off; rejects when the connection closes first. */
  nextFrame(): Promise<Buffer> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.isClosed) return Promise.reject(new Error('the connection is closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  /** Stops and starts reading, to be a client that does not take its responses. */
  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  async close(): Promise<void> {
    this.#socket?.destroy()
    await this.closed
  }

  #onData(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0)
      if (this.#received.length < 4 + size) return
      this.#deliver(this.#received.subarray(4, 4 + size))
      this.#received = this.#received.subarray(4 + size)
    }
  }

  #deliver(frame: Buffer): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#frames.push(frame)
    else waiting.resolve(frame)
  }

  #onClose(): void {
    this.isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection closed'))
    this.#markClosed()
  }
}
