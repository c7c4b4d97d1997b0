/** All connections of the broker, over all listeners: how many there may be, and which have been idle for too long. */

import type { Clock, Timer } from '@odradek/runtime'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Connection } from './connection.ts'

/** How much later than its time an idle connection may be noticed, as a share of that time. */
const idleCheckShare = 0.1
const idleCheckMsMin = 10
const idleCheckMsMax = 10_000

export class ConnectionTable {
  readonly #config: BrokerConfig
  readonly #clock: Clock
  readonly #connections = new Set<Connection>()
  readonly #countByHost = new Map<string, number>()
  #idleTimer: Timer | undefined
  #nextId = 1

  constructor(config: BrokerConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  get size(): number {
    return this.#connections.size
  }

  newId(): number {
    return this.#nextId++
  }

  /** Why one more connection from `host` cannot be taken; undefined when it can. */
  refusal(host: string): string | undefined {
    const max = this.#config.get('max.connections')
    if (this.#connections.size >= max) return `max.connections (${max}) are open`
    const perHostMax = this.#perHostMax(host)
    if ((this.#countByHost.get(host) ?? 0) >= perHostMax) return `max.connections.per.ip (${perHostMax}) are open from it`
    return undefined
  }

  add(connection: Connection): void {
    this.#connections.add(connection)
    this.#countByHost.set(connection.clientHost, (this.#countByHost.get(connection.clientHost) ?? 0) + 1)
    this.#scheduleIdleCheck()
  }

  remove(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    const left = (this.#countByHost.get(connection.clientHost) ?? 1) - 1
    if (left === 0) this.#countByHost.delete(connection.clientHost)
    else this.#countByHost.set(connection.clientHost, left)
  }

  /** Closes every connection at once, whatever is in progress. */
  destroyAll(): void {
    this.#idleTimer?.cancel()
    for (const connection of this.#connections) connection.destroy()
  }

  /** Lets each connection answer what is in progress, and closes those that have not done so after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#idleTimer?.cancel()
    for (const connection of this.#connections) connection.endWhenIdle()
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(graceMs, () => {
        for (const connection of this.#connections) connection.destroy()
      })
      const whenClosed = (): void => {
        if (this.#connections.size > 0) return
        timer.cancel()
        resolve()
      }
      for (const connection of this.#connections) connection.whenClosed(whenClosed)
    })
  }

  #perHostMax(host: string): number {
    for (const override of this.#config.get('max.connections.per.ip.overrides')) {
      const separator = override.lastIndexOf(':')
      if (override.slice(0, separator) === host) return Number(override.slice(separator + 1))
    }
    return this.#config.get('max.connections.per.ip')
  }

  #scheduleIdleCheck(): void {
    const maxIdleMs = this.#config.get('connections.max.idle.ms')
    if (this.#idleTimer !== undefined || maxIdleMs < 0 || this.#connections.size === 0) return
    const delayMs = Math.min(idleCheckMsMax, Math.max(idleCheckMsMin, maxIdleMs * idleCheckShare))
    this.#idleTimer = this.#clock.setTimer(
      delayMs,
      () => {
        this.#idleTimer = undefined
        this.#closeIdle(maxIdleMs)
        this.#scheduleIdleCheck()
      },
      true,
    )
  }

  #closeIdle(maxIdleMs: number): void {
    const idleSince = this.#clock.monotonicMs() - maxIdleMs
    for (const connection of this.#connections) {
      if (connection.isIdle && connection.lastActiveMs <= idleSince) connection.destroy()
    }
  }
}
