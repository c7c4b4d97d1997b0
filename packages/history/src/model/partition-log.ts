/** A partition as the history knows it: which record is at which offset, and what was passed over by whom. */

import type { OpenConsumerEvent } from '../format/events.ts'
import type { Group } from './group.ts'
import type { HistoryRecord } from './record.ts'
import type { TopicPartition, TopicState } from './topic.ts'
import type { Transaction } from './transaction.ts'

const PAGE_BITS = 10
const PAGE_SIZE = 1 << PAGE_BITS

/** Offsets that a consumer passed over between two records: `from` to `to` − 1. */
export interface Gap {
  readonly consumer: OpenConsumerEvent
  readonly from: number
  readonly to: number
  readonly line: number
}

/** Offsets that a group has gone through: `from` to `to` − 1. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What a member may have been given, unrecorded: anything from `from` on that was sent before `line`. */
export interface Blind {
  readonly from: number
  readonly line: number
}

interface AckFloor {
  readonly line: number
  readonly offset: number
}

export class PartitionLog implements TopicPartition {
  readonly topic: TopicState
  readonly partition: number
  readonly name: string
  readonly #pages = new Map<number, (HistoryRecord | undefined)[]>()
  /** Highest acknowledged offset as of a line, ascending in both. */
  #floors: AckFloor[] = []
  #floorLimit = PAGE_SIZE
  logStart = 0
  maxOffset = -1
  /** Highest acknowledged offset outside transactions or in a committed one. */
  maxStableAck = -1
  maxAck = -1
  /** Transactions that wrote here and whose end is not known. */
  readonly unresolved: Set<Transaction> = new Set()
  readonly lastOffsetOfKey: Map<string, number> = new Map()
  readonly gaps: Gap[] = []
  readonly spans: Map<Group, Span[]> = new Map()
  readonly blinds: Map<Group, Blind[]> = new Map()
  /** Highest offset that a group was given. */
  readonly groupEnds: Map<Group, number> = new Map()

  constructor(topic: TopicState, partition: number) {
    this.topic = topic
    this.partition = partition
    this.name = `${topic.name}-${partition}`
  }

  at(offset: number): HistoryRecord | undefined {
    return this.#pages.get(Math.floor(offset / PAGE_SIZE))?.[offset % PAGE_SIZE]
  }

  put(offset: number, record: HistoryRecord): void {
    const number = Math.floor(offset / PAGE_SIZE)
    let page = this.#pages.get(number)
    if (page === undefined) {
      page = []
      this.#pages.set(number, page)
    }
    page[offset % PAGE_SIZE] = record
    if (offset > this.maxOffset) this.maxOffset = offset
    if (this.topic.isCompacted && record.key !== undefined) {
      this.lastOffsetOfKey.set(record.key, Math.max(offset, this.lastOffsetOfKey.get(record.key) ?? -1))
    }
  }

  /** Calls `visit` for what is known from `from` to `to` − 1, in order. */
  forEach(from: number, to: number, visit: (record: HistoryRecord, offset: number) => void): void {
    const end = Math.min(to, this.maxOffset + 1)
    let offset = Math.max(0, from)
    while (offset < end) {
      const page = this.#pages.get(Math.floor(offset / PAGE_SIZE))
      const pageEnd = (Math.floor(offset / PAGE_SIZE) + 1) * PAGE_SIZE
      if (page !== undefined) {
        for (; offset < pageEnd && offset < end; offset++) {
          const record = page[offset % PAGE_SIZE]
          if (record !== undefined) visit(record, offset)
        }
      }
      offset = pageEnd
    }
  }

  acknowledge(offset: number, line: number): void {
    if (offset <= this.maxAck) return
    this.maxAck = offset
    this.#floors.push({ line, offset })
  }

  /** The highest offset that had been acknowledged before `line`; −1 when none had. */
  ackedBefore(line: number): number {
    let low = 0
    let high = this.#floors.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#floors[middle]?.line ?? 0) < line) low = middle + 1
      else high = middle
    }
    return this.#floors[low - 1]?.offset ?? -1
  }

  /** Forgets what nothing invoked from `line` on can ask for. */
  forgetFloors(line: number): void {
    if (this.#floors.length < this.#floorLimit) return
    const keep = this.#floors.findIndex((floor) => floor.line >= line)
    this.#floors = keep === -1 ? this.#floors.slice(-1) : this.#floors.slice(Math.max(0, keep - 1))
    this.#floorLimit = Math.max(PAGE_SIZE, 2 * this.#floors.length)
  }

  cover(group: Group, from: number, to: number): void {
    if (to <= from) return
    const spans = this.spans.get(group)
    if (spans === undefined) this.spans.set(group, [{ from, to }])
    else spans.push({ from, to })
  }

  excuse(group: Group, from: number, line: number): void {
    const blinds = this.blinds.get(group)
    if (blinds === undefined) this.blinds.set(group, [{ from, line }])
    else blinds.push({ from, line })
  }
}
