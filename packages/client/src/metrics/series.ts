/** The same figures for each of many topics, partitions or nodes: made when first used, bounded in number, dropped when unused. */

import type { MetricRegistry, MetricSource, MetricValue } from './registry.ts'
import { MetricScope } from './registry.ts'

/** What has not been used for an hour is dropped, as Kafka's expiring sensors are. */
const IDLE_MS = 3_600_000
/** A series in use is moved to the end of the line this often. */
const REFRESH_MS = 1000
/** Beyond it the one unused for longest makes room. */
const MAX_SERIES = 1000

interface Entry<T> {
  readonly scope: MetricScope
  readonly figures: T
  usedMs: number
}

export class Series<T> implements MetricSource {
  readonly #registry: MetricRegistry
  readonly #group: string
  readonly #create: (scope: MetricScope) => T
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry<T>>()

  constructor(registry: MetricRegistry, group: string, create: (scope: MetricScope) => T) {
    this.#registry = registry
    this.#group = group
    this.#create = create
    registry.add(this)
  }

  /** `tags` are asked for when the series is new. */
  get(key: string, tags: () => Readonly<Record<string, string>>, now: number = this.#registry.sampling.nowMs()): T {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      this.#makeRoom(now)
      const scope = new MetricScope(this.#group, { ...this.#registry.tags, ...tags() }, this.#registry.sampling)
      entry = { scope, figures: this.#create(scope), usedMs: now }
    } else {
      // Often enough to be in order: an hour is not told from an hour and a second.
      if (now - entry.usedMs < REFRESH_MS) return entry.figures
      this.#entries.delete(key)
      entry.usedMs = now
    }
    this.#entries.set(key, entry)
    return entry.figures
  }

  /** Drops the series whose key `isCurrent` does not know. */
  retain(isCurrent: (key: string) => boolean): void {
    for (const key of this.#entries.keys()) if (!isCurrent(key)) this.#entries.delete(key)
  }

  read(): readonly MetricValue[] {
    this.#dropIdle(this.#registry.sampling.nowMs())
    return [...this.#entries.values()].flatMap(({ scope }) => scope.read())
  }

  #makeRoom(now: number): void {
    this.#dropIdle(now)
    if (this.#entries.size < MAX_SERIES) return
    for (const [oldest] of this.#entries) {
      this.#entries.delete(oldest)
      return
    }
  }

  #dropIdle(now: number): void {
    for (const [key, { usedMs }] of this.#entries) {
      if (now - usedMs < IDLE_MS) return
      this.#entries.delete(key)
    }
  }
}
