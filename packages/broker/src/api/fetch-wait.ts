/** The long poll: reads what there is, and waits for partitions to advance while it is too little. */

import { ErrorCodes } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'
import type { IsolationLevel } from '../partition/types.ts'
import type { RequestContext } from './context.ts'
import type { FetchTarget } from './fetch-partition.ts'
import { hasMoved, readableEnd, readTarget } from './fetch-partition.ts'
import type { PartitionData } from './fetch-session.ts'

export interface FetchLimits {
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxWaitMs: number
  readonly isolation: IsolationLevel
}

/** Resolves to the data of each target, in order: when `minBytes` are there, when a target fails, or after `maxWaitMs`. */
export async function waitForFetch(
  targets: readonly FetchTarget[],
  limits: FetchLimits,
  context: RequestContext,
): Promise<readonly PartitionData[]> {
  const pass = new FetchPass(targets, limits, context)
  await pass.readAll()
  if (pass.isSatisfied || limits.maxWaitMs <= 0 || targets.length === 0) return pass.data
  const waiter = new FetchWaiter(pass, targets, limits, context)
  return waiter.wait()
}

/** The state of one fetch over its reads. */
class FetchPass {
  readonly #targets: readonly FetchTarget[]
  readonly #limits: FetchLimits
  readonly #context: RequestContext
  data: PartitionData[] = []
  /** Bytes written to each partition when it was read: what has been written since needs no read to be counted. */
  readonly #writtenBytes: number[] = []

  constructor(targets: readonly FetchTarget[], limits: FetchLimits, context: RequestContext) {
    this.#targets = targets
    this.#limits = limits
    this.#context = context
  }

  get isSatisfied(): boolean {
    return (
      this.#sizeBytes() >= this.#limits.minBytes ||
      this.data.some(({ errorCode, divergingEpoch }) => errorCode !== ErrorCodes.NONE || divergingEpoch !== undefined)
    )
  }

  async readAll(): Promise<void> {
    const { isolation, maxBytes } = this.#limits
    const data: PartitionData[] = []
    let left = maxBytes
    let isFirst = true
    for (const [index, target] of this.#targets.entries()) {
      this.#writtenBytes[index] = target.partition?.writtenBytes ?? 0
      const reading = readTarget(target, isolation, left, isFirst, this.#context)
      const read = reading instanceof Promise ? await reading : reading
      left -= read.sizeBytes
      if (read.sizeBytes > 0) isFirst = false
      data.push(read)
    }
    this.data = data
  }

  /** Whether the partition has advanced, or moved, since it was read. */
  isOutdated(index: number): boolean {
    const target = this.#targets[index]
    const data = this.data[index]
    if (target === undefined || data === undefined) return false
    if (hasMoved(target)) return data.errorCode === ErrorCodes.NONE
    const { isolation } = this.#limits
    const end = isolation === 'read_committed' ? (data.lastStableOffset ?? -1) : data.highWatermark
    return target.partition !== undefined && readableEnd(target.partition, isolation) !== end
  }

  /** Whether another read might satisfy the fetch, when these partitions are outdated. */
  mayBeSatisfied(outdated: Iterable<number>): boolean {
    let bytes = this.#sizeBytes()
    for (const index of outdated) {
      const target = this.#targets[index]
      if (target === undefined) continue
      if (hasMoved(target) || this.#wasHeldBack(index)) return true
      bytes += (target.partition?.writtenBytes ?? 0) - (this.#writtenBytes[index] ?? 0)
    }
    return bytes >= this.#limits.minBytes
  }

  /** Part of what was written by the read was not stable yet: how much of it is by now, only another read tells. */
  #wasHeldBack(index: number): boolean {
    const data = this.data[index]
    return this.#limits.isolation === 'read_committed' && data !== undefined && (data.lastStableOffset ?? -1) < data.highWatermark
  }

  #sizeBytes(): number {
    let bytes = 0
    for (const { sizeBytes } of this.data) bytes += sizeBytes
    return bytes
  }
}

class FetchWaiter {
  readonly #pass: FetchPass
  readonly #targets: readonly FetchTarget[]
  readonly #limits: FetchLimits
  readonly #context: RequestContext
  /** The partitions that have advanced or moved since they were read: an advance of one is no reason to look at all. */
  readonly #outdated = new Set<number>()
  #wake: (() => void) | undefined
  #isOver = false

  constructor(pass: FetchPass, targets: readonly FetchTarget[], limits: FetchLimits, context: RequestContext) {
    this.#pass = pass
    this.#targets = targets
    this.#limits = limits
    this.#context = context
  }

  async wait(): Promise<readonly PartitionData[]> {
    const undo = this.#listen()
    const timer = this.#startTimer()
    try {
      this.#lookAtAll()
      while (!this.#isOver) {
        if (this.#outdated.size > 0 && this.#pass.mayBeSatisfied(this.#outdated)) {
          this.#outdated.clear()
          await this.#pass.readAll()
          if (this.#pass.isSatisfied) return this.#pass.data
          this.#lookAtAll()
          continue
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      if (this.#outdated.size > 0) await this.#pass.readAll()
      return this.#pass.data
    } finally {
      timer.cancel()
      for (const stop of undo) stop()
    }
  }

  /** Wakes on an advance of any partition; ends with the connection. */
  #listen(): (() => void)[] {
    const end = (): void => this.#end()
    const undo = [this.#context.connection.whenClosed(end), this.#context.cluster.whenClosing(end)]
    for (const [index, { partition }] of this.#targets.entries()) {
      if (partition !== undefined) undo.push(partition.onAdvance(() => this.#advanced(index)))
    }
    return undo
  }

  /** What has happened during a read may have been read or not. */
  #lookAtAll(): void {
    for (const index of this.#targets.keys()) if (this.#pass.isOutdated(index)) this.#outdated.add(index)
  }

  #advanced(index: number): void {
    if (!this.#pass.isOutdated(index)) return
    this.#outdated.add(index)
    this.#wake?.()
  }

  #startTimer(): Timer {
    return this.#context.cluster.runtime.clock.setTimer(this.#limits.maxWaitMs, () => this.#end())
  }

  #end(): void {
    this.#isOver = true
    this.#wake?.()
  }
}
