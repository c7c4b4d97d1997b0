/** Offsets that open transactions have committed: they take effect, or vanish, when the transaction ends. Source: KIP-98, KIP-447. */

import type { StoredOffset } from './offset-store.ts'
import { OffsetStore } from './offset-store.ts'

export class PendingOffsets {
  readonly #byProducer = new Map<number, OffsetStore>()

  put(producerId: number, group: string, topic: string, partition: number, value: StoredOffset): void {
    let store = this.#byProducer.get(producerId)
    if (store === undefined) {
      store = new OffsetStore()
      this.#byProducer.set(producerId, store)
    }
    store.put(group, topic, partition, value)
  }

  /** The offset is deleted: whatever a transaction would make of it is void. */
  remove(group: string, topic: string, partition: number): void {
    for (const store of this.#byProducer.values()) store.remove(group, topic, partition)
  }

  /** Takes a producer's offsets out: its transaction has ended. */
  take(producerId: number): OffsetStore | undefined {
    const store = this.#byProducer.get(producerId)
    this.#byProducer.delete(producerId)
    return store
  }

  has(group: string, topic: string, partition: number): boolean {
    for (const store of this.#byProducer.values()) if (store.get(group, topic, partition) !== undefined) return true
    return false
  }

  hasGroup(group: string): boolean {
    for (const store of this.#byProducer.values()) if (store.group(group) !== undefined) return true
    return false
  }

  /** Of the partitions of a group that wait for a transaction. A partition may come several times. */
  *partitionsOf(group: string): Generator<{ readonly topic: string; readonly partition: number }> {
    for (const store of this.#byProducer.values()) {
      for (const [topic, partitions] of store.group(group) ?? []) for (const partition of partitions.keys()) yield { topic, partition }
    }
  }
}
