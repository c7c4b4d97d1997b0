/** Owns the order of what is to happen: a binary heap by time, and by age among events of the same time. */

/** What an event is about, for the trace and for the dump of pending things. */
export type EventKind = 'timer' | 'background-timer' | 'defer' | 'sleep' | 'network' | 'disk' | 'worker' | 'fault'

/** A process, as far as its events know it. */
export interface EventOwner {
  readonly name: string
  /** An event of its own has been run. */
  lived(): void
}

export interface SimEvent {
  readonly atUs: number
  readonly sequence: number
  readonly kind: EventKind
  /** The process whose death voids the event; absent for the network, the disk and the world itself. */
  readonly owner: EventOwner | undefined
  /** Absent once the event has fired or was cancelled. */
  run: (() => void) | undefined
}

/** Below this many entries cancelled events are left where they are. */
const COMPACTION_FLOOR = 256

export class EventQueue {
  #heap: SimEvent[] = []
  #cancelledCount = 0
  #nextSequence = 0

  get size(): number {
    return this.#heap.length - this.#cancelledCount
  }

  push(atUs: number, kind: EventKind, owner: EventOwner | undefined, run: () => void): SimEvent {
    const event: SimEvent = { atUs, sequence: this.#nextSequence++, kind, owner, run }
    this.#heap.push(event)
    this.#siftUp(this.#heap.length - 1)
    return event
  }

  /** Voids the event; a no-op once it has fired or was cancelled. */
  cancel(event: SimEvent): void {
    if (event.run === undefined) return
    event.run = undefined
    this.#cancelledCount++
    // Request timeouts are nearly always cancelled: without this the heap would hold every one until its time.
    if (this.#heap.length > COMPACTION_FLOOR && this.#cancelledCount * 2 > this.#heap.length) this.#compact()
  }

  /** The time of the next event that was not cancelled. */
  nextAtUs(): number | undefined {
    this.#dropCancelledHead()
    return this.#heap[0]?.atUs
  }

  pop(): SimEvent | undefined {
    this.#dropCancelledHead()
    return this.#removeHead()
  }

  /** Events still to come, in no particular order. */
  *pending(): Generator<SimEvent> {
    for (const event of this.#heap) if (event.run !== undefined) yield event
  }

  #dropCancelledHead(): void {
    for (let head = this.#heap[0]; head !== undefined && head.run === undefined; head = this.#heap[0]) {
      this.#removeHead()
      this.#cancelledCount--
    }
  }

  #removeHead(): SimEvent | undefined {
    const head = this.#heap[0]
    const last = this.#heap.pop()
    if (last !== undefined && last !== head) {
      this.#heap[0] = last
      this.#siftDown(0)
    }
    return head
  }

  #compact(): void {
    this.#heap = this.#heap.filter((event) => event.run !== undefined)
    this.#cancelledCount = 0
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#siftDown(index)
  }

  #siftUp(from: number): void {
    const heap = this.#heap
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#swapIfEarlier(heap, index, parent)) return
      index = parent
    }
  }

  #siftDown(from: number): void {
    const heap = this.#heap
    let index = from
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      let earliest = left
      if (right < heap.length && isEarlier(heap[right], heap[left])) earliest = right
      if (earliest >= heap.length || !this.#swapIfEarlier(heap, earliest, index)) return
      index = earliest
    }
  }

  #swapIfEarlier(heap: SimEvent[], child: number, parent: number): boolean {
    const lower = heap[child]
    const upper = heap[parent]
    if (lower === undefined || upper === undefined || !isEarlier(lower, upper)) return false
    heap[child] = upper
    heap[parent] = lower
    return true
  }
}

function isEarlier(left: SimEvent | undefined, right: SimEvent | undefined): boolean {
  if (left === undefined || right === undefined) return false
  return left.atUs < right.atUs || (left.atUs === right.atUs && left.sequence < right.sequence)
}
