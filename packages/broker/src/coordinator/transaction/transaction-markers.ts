/** Tells the partitions of a transaction how it has ended, each until it has its marker, as long as the shard lasts. */

import type { EndTransactionMarker } from '@odradek/protocol'
import type { Clock, Timer } from '@odradek/runtime'
import type { Transaction, TransactionPartitions } from './transaction.ts'

export interface Marker extends EndTransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  /** The protocol of the producer: 2 means that the marker's epoch is one above that of the data. */
  readonly transactionVersion: number
}

export type MarkerOutcome =
  /** Written, or the partition is no more. */
  | 'done'
  /** Not now: no leader, or its disk failed. */
  | 'again'
  /** The partition knows a newer producer or coordinator: this ending is for others to finish. */
  | 'fenced'

/** Resolves when the marker is durable. Does not reject. */
export type WriteMarker = (topic: string, partition: number, marker: Marker) => Promise<MarkerOutcome>

export interface TransactionMarkersOptions {
  readonly clock: Clock
  readonly writeMarker: WriteMarker
  readonly onComplete: (transaction: Transaction) => void
}

const retryBackoffMs = 100

export class TransactionMarkers {
  readonly #options: TransactionMarkersOptions
  readonly #retries = new Map<string, Timer>()
  #isClosed = false

  constructor(options: TransactionMarkersOptions) {
    this.#options = options
  }

  /** Calls `onComplete` once every partition has the marker; never after `close`. */
  async write(transaction: Transaction, coordinatorEpoch: number): Promise<void> {
    const marker: Marker = {
      type: transaction.state === 'PrepareCommit' ? 'COMMIT' : 'ABORT',
      coordinatorEpoch,
      producerId: transaction.producerId,
      producerEpoch: transaction.producerEpoch,
      transactionVersion: transaction.clientTransactionVersion,
    }
    let left = transaction.partitions
    while (left.size > 0) {
      const { missing, isFenced } = await this.#round(left, marker)
      if (this.#isClosed || isFenced) return
      left = missing
      if (left.size > 0) await this.#pause(transaction.transactionalId)
      if (this.#isClosed) return
    }
    this.#options.onComplete(transaction)
  }

  /** What is under way ends without `onComplete`. */
  close(): void {
    this.#isClosed = true
    for (const timer of this.#retries.values()) timer.cancel()
    this.#retries.clear()
  }

  async #round(partitions: TransactionPartitions, marker: Marker): Promise<{ missing: TransactionPartitions; isFenced: boolean }> {
    const missing = new Map<string, Set<number>>()
    let isFenced = false
    const writes: Promise<void>[] = []
    for (const [topic, indexes] of partitions) {
      for (const partition of indexes) {
        const write = this.#options.writeMarker(topic, partition, marker).then((outcome) => {
          if (outcome === 'fenced') isFenced = true
          if (outcome === 'again') missing.set(topic, (missing.get(topic) ?? new Set()).add(partition))
        })
        writes.push(write)
      }
    }
    await Promise.all(writes)
    return { missing, isFenced }
  }

  #pause(transactionalId: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(
        retryBackoffMs,
        () => {
          this.#retries.delete(transactionalId)
          resolve()
        },
        true,
      )
      this.#retries.set(transactionalId, timer)
    })
  }
}
