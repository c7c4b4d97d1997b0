/** The fetch sessions of one node: a limited number of slots, and who gives way to whom. Source: KIP-227. */

import type { Clock, Random } from '@odradek/runtime'
import type { MetricsRegistry } from '../metrics/registry.ts'
import { metricName } from '../metrics/registry.ts'
import { type FetchEntries, FetchSession } from './fetch-session.ts'

/** A session that has not been used for so long gives way to any other, and none that is younger gives way to a larger one. */
const evictionMs = 120_000
/** Partitions that the sessions of a node may remember together. Kafka has no such limit; without one requests that only add fill the memory. */
export const cachedPartitionsMax = 2_000_000
const sessionIdMax = 2_147_483_647

export interface FetchSessionCacheOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: Pick<Random, 'int'>
  /** max.incremental.fetch.session.cache.slots */
  readonly slots: number
  /** Called at each eviction. */
  readonly onEviction: () => void
}

export class FetchSessionCache {
  readonly #options: FetchSessionCacheOptions
  /** In the order of their last use. */
  readonly #sessions = new Map<number, FetchSession>()
  #partitions = 0

  constructor(options: FetchSessionCacheOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Partitions of all sessions. */
  get partitions(): number {
    return this.#partitions
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id)
  }

  /** A session over these partitions; undefined when there is no room for it. */
  create(entries: FetchEntries, usesTopicIds: boolean): FetchSession | undefined {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#partitions + entries.size > cachedPartitionsMax) return undefined
    if (this.#sessions.size >= this.#options.slots && !this.#makeRoom(entries.size, nowMs)) return undefined
    const session = new FetchSession(this.#newId(), usesTopicIds, entries, nowMs)
    this.#sessions.set(session.id, session)
    this.#partitions += entries.size
    return session
  }

  /** Lets `change` alter the session's partitions, and notes that it has been used. A session that has none left, or too many, ends: false. */
  use(session: FetchSession, change: () => void): boolean {
    this.remove(session)
    change()
    const { size } = session.entries
    if (size === 0 || this.#partitions + size > cachedPartitionsMax) return false
    session.lastUsedMs = this.#options.clock.monotonicMs()
    this.#sessions.set(session.id, session)
    this.#partitions += size
    return true
  }

  remove(session: FetchSession): void {
    if (this.#sessions.delete(session.id)) this.#partitions -= session.entries.size
  }

  clear(): void {
    this.#sessions.clear()
    this.#partitions = 0
  }

  /** Takes one out that is stale, else the smallest of those that have been there long enough, if it is smaller than the new one. */
  #makeRoom(newSize: number, nowMs: number): boolean {
    const [oldest] = this.#sessions.values()
    if (oldest === undefined) return false
    const victim = nowMs - oldest.lastUsedMs > evictionMs ? oldest : this.#smallestEvictable(newSize)
    if (victim === undefined) return false
    this.remove(victim)
    this.#options.onEviction()
    return true
  }

  #smallestEvictable(belowSize: number): FetchSession | undefined {
    let smallest: FetchSession | undefined
    for (const session of this.#sessions.values()) {
      const isOldEnough = session.lastUsedMs - session.createdMs > evictionMs
      if (isOldEnough && session.entries.size < (smallest?.entries.size ?? belowSize)) smallest = session
    }
    return smallest
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#options.random.int(sessionIdMax - 1)
      if (!this.#sessions.has(id)) return id
    }
  }
}

/** Gauges over the caches of all nodes, and the meter of evictions, as Kafka names them. Returns what to call at an eviction. */
export function registerFetchSessionMetrics(metrics: MetricsRegistry, caches: () => Iterable<FetchSessionCache>): () => void {
  const name = (of: string): string => metricName('kafka.server', 'FetchSessionCache', of)
  const sum = (of: (cache: FetchSessionCache) => number): number => [...caches()].reduce((total, cache) => total + of(cache), 0)
  metrics.gauge(name('NumIncrementalFetchSessions'), () => sum((cache) => cache.size))
  metrics.gauge(name('NumIncrementalFetchPartitionsCached'), () => sum((cache) => cache.partitions))
  const evictions = metrics.meter(name('IncrementalFetchSessionEvictionsPerSec'))
  return () => evictions.mark()
}
