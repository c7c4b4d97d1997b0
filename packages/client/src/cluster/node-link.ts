/** The way to one broker for one purpose: a connection when there is one, else connecting, with backoff after failures. */

import type { Runtime, Timer, TlsOptions } from '@odradek/runtime'
import type { CommonValues } from '../config/common.ts'
import { Connection } from '../connection/connection.ts'
import { negotiateApiVersions } from '../connection/handshake.ts'
import { ConnectionError, KafkaError } from '../errors/kafka-error.ts'
import type { NetworkMetrics } from '../metrics/network-metrics.ts'
import { backoffMs, sleep } from './backoff.ts'
import type { HostPort } from './bootstrap-servers.ts'
import { withDeadline } from './deadline.ts'

export interface LinkOptions {
  readonly runtime: Runtime
  readonly config: CommonValues
  readonly tls: TlsOptions | undefined
  readonly metrics: NetworkMetrics
}

export class NodeLink {
  readonly target: HostPort
  /** How figures call the broker, in the tag `node-id`. */
  node = 'node--1'
  readonly #options: LinkOptions
  #connection: Connection | undefined
  #connecting: Promise<Connection> | undefined
  #connectingSinceMs = 0
  /** Resolves when the broker listens again. */
  #unthrottled: Promise<Connection> | undefined
  /** The address that was connected to last; it is tried first. */
  #lastAddress: string | undefined
  #failures = 0
  #notBeforeMs = 0
  #idleTimer: Timer | undefined
  #closeReason: KafkaError | undefined

  constructor(target: HostPort, options: LinkOptions) {
    this.target = target
    this.#options = options
  }

  get address(): string {
    return `${this.target.host}:${this.target.port}`
  }

  /** Undefined unless connected now and not throttled by the broker. */
  get open(): Connection | undefined {
    return this.#throttleLeftMs > 0 ? undefined : this.#connection
  }

  /** As `open`, throttled or not. */
  get current(): Connection | undefined {
    return this.#connection
  }

  /** For how long the broker has not answered, or not accepted. */
  get waitedMs(): number {
    if (this.#connecting === undefined) return this.#connection?.waitedMs ?? 0
    return this.#options.runtime.clock.monotonicMs() - this.#connectingSinceMs
  }

  /** Milliseconds that backoff still asks to wait. */
  get backoffLeftMs(): number {
    return this.#connection === undefined ? Math.max(0, this.#notBeforeMs - this.#options.runtime.clock.monotonicMs()) : 0
  }

  /** The open connection once the broker listens, or a new one after what backoff asks for. Rejects with the error of the attempt. */
  connection(): Promise<Connection> {
    if (this.#closeReason !== undefined) return Promise.reject(this.#closeReason)
    if (this.#connection !== undefined) {
      const throttleMs = this.#throttleLeftMs
      if (throttleMs === 0) return Promise.resolve(this.#connection)
      this.#unthrottled ??= this.#afterThrottle(throttleMs)
      return this.#unthrottled
    }
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  /** Whoever waits for a connection, or for an answer, is refused with `reason`. */
  close(reason: KafkaError): void {
    this.#closeReason = reason
    this.#idleTimer?.cancel()
    this.#connection?.close(reason)
  }

  get #throttleLeftMs(): number {
    const untilMs = this.#connection?.throttledUntilMs ?? 0
    return untilMs === 0 ? 0 : Math.max(0, untilMs - this.#options.runtime.clock.monotonicMs())
  }

  async #afterThrottle(throttleMs: number): Promise<Connection> {
    await new Promise<void>((resolve) => {
      this.#options.runtime.clock.setTimer(throttleMs, resolve, true)
    })
    this.#unthrottled = undefined
    return this.connection()
  }

  async #connect(): Promise<Connection> {
    const { clock } = this.#options.runtime
    const waitMs = this.backoffLeftMs
    this.#connectingSinceMs = clock.monotonicMs()
    if (waitMs > 0) await sleep(clock, waitMs)
    try {
      const connection = await this.#tryAddresses()
      this.#failures = 0
      this.#connection = connection
      this.#watchIdle(connection)
      return connection
    } catch (error) {
      this.#backOff()
      this.#failures++
      throw error
    }
  }

  /** One after another, the one that worked last time first. */
  async #tryAddresses(): Promise<Connection> {
    const addresses = await this.#resolve()
    let last: unknown
    for (const address of addresses.sort((left, right) => Number(right === this.#lastAddress) - Number(left === this.#lastAddress))) {
      if (this.#closeReason !== undefined) break
      try {
        const connection = await this.#open(address)
        this.#lastAddress = address
        return connection
      } catch (error) {
        if (this.#lastAddress === address) this.#lastAddress = undefined
        last = error
      }
    }
    if (this.#closeReason !== undefined) throw this.#closeReason
    throw last instanceof KafkaError ? last : new ConnectionError(`${this.target.host} has no address`, { cause: last })
  }

  async #resolve(): Promise<string[]> {
    const { clock, network } = this.#options.runtime
    const { host } = this.target
    const timeoutMs = this.#setupTimeoutMs
    try {
      const message = `No answer within ${timeoutMs} ms`
      return await withDeadline(clock, network.resolve(host), clock.monotonicMs() + timeoutMs, message)
    } catch (error) {
      throw new ConnectionError(`Cannot find the address of ${host}`, { cause: error })
    }
  }

  /** `socket.connection.setup.timeout.ms`, doubled with every failure in a row. */
  get #setupTimeoutMs(): number {
    const { socketConnectionSetupTimeoutMs, socketConnectionSetupTimeoutMaxMs } = this.#options.config
    return Math.min(socketConnectionSetupTimeoutMaxMs, socketConnectionSetupTimeoutMs * 2 ** Math.min(this.#failures, 20))
  }

  async #open(host: string): Promise<Connection> {
    const { runtime, config, tls, metrics } = this.#options
    const connection = await Connection.connect({
      runtime,
      host,
      port: this.target.port,
      address: this.address,
      tls: tls === undefined ? undefined : { serverName: this.target.host, ...tls },
      timeoutMs: this.#setupTimeoutMs,
      clientId: config.clientId,
      requestTimeoutMs: config.requestTimeoutMs,
      node: () => this.node,
      metrics,
      onClose: () => {
        if (this.#connection !== connection) return
        this.#connection = undefined
        this.#idleTimer?.cancel()
        this.#backOff()
      },
    })
    try {
      await negotiateApiVersions(connection)
      if (this.#closeReason !== undefined) throw this.#closeReason
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  #backOff(): void {
    const { runtime, config } = this.#options
    const pauseMs = backoffMs(config.reconnectBackoffMs, config.reconnectBackoffMaxMs, this.#failures, runtime.random)
    this.#notBeforeMs = runtime.clock.monotonicMs() + pauseMs
  }

  #watchIdle(connection: Connection): void {
    const { clock } = this.#options.runtime
    const maxIdleMs = this.#options.config.connectionsMaxIdleMs
    if (maxIdleMs < 0) return
    const check = (): void => {
      const idleMs = clock.monotonicMs() - connection.lastUsedMs
      if (idleMs >= maxIdleMs && connection.inFlight === 0) {
        connection.close()
        this.#notBeforeMs = 0
      } else {
        this.#idleTimer = clock.setTimer(Math.max(1, maxIdleMs - idleMs), check, true)
      }
    }
    this.#idleTimer = clock.setTimer(maxIdleMs, check, true)
  }
}
