/** The way to one broker for one purpose: a connection when there is one, else connecting, with backoff after failures. */

import type { Runtime, Timer, TlsOptions } from '@odradek/runtime'
import type { CommonValues } from '../config/common.ts'
import { Connection } from '../connection/connection.ts'
import { negotiateApiVersions } from '../connection/handshake.ts'
import { ConnectionError, KafkaError } from '../errors/kafka-error.ts'
import { backoffMs, sleep } from './backoff.ts'
import type { HostPort } from './bootstrap-servers.ts'

export interface LinkOptions {
  readonly runtime: Runtime
  readonly config: CommonValues
  readonly tls: TlsOptions | undefined
  readonly onLatency: (latencyMs: number) => void
}

export class NodeLink {
  readonly target: HostPort
  readonly #options: LinkOptions
  #connection: Connection | undefined
  #connecting: Promise<Connection> | undefined
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

  /** Undefined unless connected now. */
  get open(): Connection | undefined {
    return this.#connection
  }

  /** Milliseconds that backoff still asks to wait. */
  get backoffLeftMs(): number {
    return this.#connection === undefined ? Math.max(0, this.#notBeforeMs - this.#options.runtime.clock.monotonicMs()) : 0
  }

  /** The open connection, or a new one after what backoff asks for. Rejects with the error of the attempt. */
  connection(): Promise<Connection> {
    if (this.#connection !== undefined) return Promise.resolve(this.#connection)
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

  async #connect(): Promise<Connection> {
    const { clock } = this.#options.runtime
    const waitMs = this.backoffLeftMs
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

  async #tryAddresses(): Promise<Connection> {
    let addresses: readonly string[]
    try {
      addresses = await this.#options.runtime.network.resolve(this.target.host)
    } catch (error) {
      throw new ConnectionError(`Cannot find the address of ${this.target.host}`, { cause: error })
    }
    let last: unknown
    for (const address of addresses) {
      if (this.#closeReason !== undefined) break
      try {
        return await this.#open(address)
      } catch (error) {
        last = error
      }
    }
    if (this.#closeReason !== undefined) throw this.#closeReason
    throw last instanceof KafkaError ? last : new ConnectionError(`${this.target.host} has no address`, { cause: last })
  }

  async #open(host: string): Promise<Connection> {
    const { runtime, config, tls, onLatency } = this.#options
    const connection = await Connection.connect({
      runtime,
      host,
      port: this.target.port,
      address: this.address,
      tls: tls === undefined ? undefined : { serverName: this.target.host, ...tls },
      timeoutMs: Math.min(
        config.socketConnectionSetupTimeoutMaxMs,
        config.socketConnectionSetupTimeoutMs * 2 ** Math.min(this.#failures, 20),
      ),
      clientId: config.clientId,
      requestTimeoutMs: config.requestTimeoutMs,
      onLatency,
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
