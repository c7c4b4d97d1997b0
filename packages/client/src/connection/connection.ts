/** One socket to a broker: correlation, pipelining, deadlines. Requests are answered in the order sent; a late answer ends the connection. */

import type { Api, AnyApi } from '@odradek/protocol'
import { decodeResponseHeader, encodeRequestFrame, MalformedError, Reader } from '@odradek/protocol'
import type { ConnectOptions, Runtime, Socket } from '@odradek/runtime'
import { ConfigError, ConnectionError, KafkaError, ProtocolError, TimeoutError } from '../errors/kafka-error.ts'
import type { Exchange, NetworkMetrics } from '../metrics/network-metrics.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { PendingRequests } from './pending-requests.ts'
import { clientThrottles, throttleTimeOf } from './throttling.ts'
import type { VersionRange } from './versions.ts'
import { negotiateVersion } from './versions.ts'

/** More than any response that the fetch limits allow; what claims to be larger is not Kafka. */
const MAX_FRAME_BYTES = 512 * 1024 * 1024
const MAX_PENDING_REQUESTS = 10_000

export interface ConnectionOptions extends ConnectOptions {
  readonly runtime: Runtime
  /** host:port as the user knows it, for messages; `host` may be one of its addresses. */
  readonly address: string
  readonly clientId: string
  readonly requestTimeoutMs: number
  /** Called once, when the connection has ended, whatever ended it. */
  readonly onClose?: ((error: KafkaError) => void) | undefined
  /** How figures call the broker, in the tag `node-id`. */
  readonly node: () => string
  readonly metrics: NetworkMetrics
}

/** What a response is decoded with, when it is not simply `api.decodeResponse`. */
export type DecodeResponse<Res> = (reader: Reader, version: number) => Res

export class Connection {
  readonly address: string
  /** What the broker serves, by API key; set by the handshake. */
  versions: ReadonlyMap<number, VersionRange> = new Map()
  /** Monotonic time of the last request or response. */
  lastUsedMs: number
  /** Monotonic time until which the broker has asked for no more requests (KIP-219). Those who send are to heed it. */
  throttledUntilMs = 0
  /** Called when the bytes written have been taken by the operating system, after there were too many. */
  onDrain: (() => void) | undefined
  readonly #options: ConnectionOptions
  readonly #pending: PendingRequests
  readonly #splitter = new FrameSplitter(MAX_FRAME_BYTES)
  readonly #negotiated = new Map<number, number>()
  /** Who waits for the operating system to take an unanswered request. */
  readonly #untaken = new Set<(error: KafkaError) => void>()
  #socket: Socket | undefined
  #correlationId = -1
  #closedBy: KafkaError | undefined

  /** Rejects with ConnectionError, or with ConfigError for what no attempt can use. The broker has not been asked for its versions yet. */
  static async connect(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options)
    try {
      connection.#socket = await options.runtime.network.connect(options, {
        onData: (chunk) => connection.#onData(chunk),
        onDrain: () => connection.onDrain?.(),
        onEnd: () => connection.#end(new ConnectionError(`${connection.address} closed the connection`)),
        onClose: (error) => connection.#end(new ConnectionError(`The connection to ${connection.address} broke`, { cause: error })),
      })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof Error && 'code' in error && error.code === 'ERR_TLS_OPTIONS') throw new ConfigError(message, { cause: error })
      throw new ConnectionError(`Cannot connect to ${connection.address}: ${message}`, { cause: error })
    }
    options.metrics.opened(options.node(), options.address)
    return connection
  }

  private constructor(options: ConnectionOptions) {
    this.#options = options
    this.address = options.address
    this.lastUsedMs = options.runtime.clock.monotonicMs()
    this.#pending = new PendingRequests(options.runtime.clock, (request) => {
      const waitedMs = Math.round(options.runtime.clock.monotonicMs() - request.sentMs)
      this.#end(new TimeoutError(`${this.address} has not answered ${request.exchange.api.name} within ${waitedMs} ms`))
    })
  }

  get isOpen(): boolean {
    return this.#closedBy === undefined
  }

  /** Bytes that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedBytes ?? 0
  }

  get inFlight(): number {
    return this.#pending.size
  }

  /** How long the request that waits for its answer longest has waited, in milliseconds; 0 when none does. */
  get waitedMs(): number {
    const sentMs = this.#pending.oldestSentMs
    return sentMs === undefined ? 0 : this.#options.runtime.clock.monotonicMs() - sentMs
  }

  /** Throws UnsupportedError when broker and client have none in common. */
  version(api: AnyApi): number {
    let version = this.#negotiated.get(api.key)
    if (version === undefined) {
      version = negotiateVersion(api, this.versions.get(api.key), this.address)
      this.#negotiated.set(api.key, version)
    }
    return version
  }

  /** Rejects with TimeoutError, ConnectionError, ProtocolError, UnsupportedError. `timeoutMs` defaults to `request.timeout.ms`. */
  send<Req, ReqIn, Res, ResIn>(api: Api<Req, ReqIn, Res, ResIn>, message: ReqIn, timeoutMs?: number): Promise<Res> {
    return this.sendVersion(api, this.version(api), message, (reader, version) => api.decodeResponse(reader, version), timeoutMs)
  }

  sendVersion<Req, ReqIn, Res, ResIn>(
    api: Api<Req, ReqIn, Res, ResIn>,
    version: number,
    message: ReqIn,
    decode: DecodeResponse<Res>,
    timeoutMs: number = this.#options.requestTimeoutMs,
  ): Promise<Res> {
    return new Promise((resolve, reject) => {
      const exchange = this.#write(api, version, message)
      const correlationId = this.#correlationId
      const sentMs = this.lastUsedMs
      this.#pending.push({
        correlationId,
        exchange,
        sentMs,
        deadlineMs: sentMs + timeoutMs,
        onFrame: (reader) => {
          const answered = decodeResponseHeader(reader, api, version)
          if (answered !== correlationId) throw new MalformedError(`an answer to request ${answered} instead of ${correlationId}`)
          const response = decode(reader, version)
          this.#onAnswer(exchange, response, reader.buffer.length, this.lastUsedMs - sentMs)
          resolve(response)
        },
        onError: reject,
      })
    })
  }

  /**
   * For `acks=0`, to which a broker sends no response: resolves once the operating system has the request, whose memory is free again. Rejects as
   * `send` does.
   */
  sendUnanswered<Req, ReqIn, Res, ResIn>(api: Api<Req, ReqIn, Res, ResIn>, message: ReqIn): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#write(api, this.version(api), message, () => {
        this.#untaken.delete(reject)
        resolve()
      })
      this.#untaken.add(reject)
    })
  }

  /** Ends the connection; what is under way rejects with `reason`. */
  close(reason: KafkaError = new ConnectionError(`The connection to ${this.address} was closed`)): void {
    this.#end(reason)
  }

  #write<Req, ReqIn, Res, ResIn>(api: Api<Req, ReqIn, Res, ResIn>, version: number, message: ReqIn, onTaken?: () => void): Exchange {
    if (this.#closedBy !== undefined) throw this.#closedBy
    if (this.#pending.size >= MAX_PENDING_REQUESTS)
      throw new ConnectionError(`${this.#pending.size} requests to ${this.address} wait for answers`)
    const correlationId = (this.#correlationId + 1) & 0x7fffffff
    const chunks = encodeRequestFrame(api, version, correlationId, this.#options.clientId, message)
    this.#correlationId = correlationId
    this.lastUsedMs = this.#options.runtime.clock.monotonicMs()
    this.#socket?.write(chunks, onTaken)
    let requestBytes = 0
    for (const chunk of chunks) requestBytes += chunk.length
    const exchange = { address: this.address, node: this.#options.node(), api, version, requestBytes }
    this.#options.metrics.sent(exchange, this.lastUsedMs)
    return exchange
  }

  #onData(chunk: Buffer): void {
    if (this.#closedBy !== undefined) return
    try {
      this.#splitter.push(chunk, (frame) => this.#onFrame(frame))
    } catch (error) {
      this.#end(
        error instanceof KafkaError
          ? error
          : new ProtocolError(
              `${this.address} sent what is not a valid response: ${error instanceof Error ? error.message : String(error)}`,
              {
                cause: error,
              },
            ),
      )
    }
  }

  #onFrame(frame: Buffer): void {
    const request = this.#pending.shift()
    if (request === undefined) throw new ProtocolError(`${this.address} answered a request that was not made`)
    this.lastUsedMs = this.#options.runtime.clock.monotonicMs()
    try {
      request.onFrame(new Reader(frame))
    } catch (error) {
      const problem = new ProtocolError(
        `${this.address} answered ${request.exchange.api.name} with ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      )
      request.onError(problem)
      throw problem
    }
  }

  #onAnswer(exchange: Exchange, message: unknown, responseBytes: number, latencyMs: number): void {
    const throttleTimeMs = throttleTimeOf(message)
    if (throttleTimeMs > 0 && clientThrottles(exchange.api, exchange.version))
      this.throttledUntilMs = Math.max(this.throttledUntilMs, this.lastUsedMs + throttleTimeMs)
    this.#options.metrics.answered(exchange, { responseBytes, latencyMs, throttleTimeMs, message }, this.lastUsedMs)
  }

  #end(error: KafkaError): void {
    if (this.#closedBy !== undefined) return
    this.#closedBy = error
    this.#socket?.destroy()
    const { metrics, node, runtime } = this.#options
    for (const { exchange, sentMs, onError } of this.#pending.drain()) {
      metrics.failed(exchange, runtime.clock.monotonicMs() - sentMs, error)
      onError(error)
    }
    for (const reject of this.#untaken) reject(error)
    this.#untaken.clear()
    if (this.#socket !== undefined) metrics.closed(node(), this.address, error)
    this.#options.onClose?.(error)
  }
}
