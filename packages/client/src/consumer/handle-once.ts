/**
 * Consumers that handle each id once. Kafka's exactly-once ends where an effect leaves it: a record may come again after a crash, and only
 * who keeps the effect can tell. So the id is noted in the same transaction as the effect.
 */

import type { OffsetToCommit } from '../topic-partition.ts'
import type { ConsumerRecord } from './types.ts'

/** A database that keeps the effects, and what has been handled. `Tx` is its handle of an open transaction. */
export interface OnceStore<Tx> {
  /** Runs `work` in a transaction: all that it does is there when this resolves, or nothing of it. Rejects as `work` does. */
  transaction<R>(work: (tx: Tx) => Promise<R>): Promise<R>
  /** Notes an id; false when it is there already. Two that claim at once must not both get it: `INSERT … ON CONFLICT DO NOTHING`. */
  claim(tx: Tx, id: string): Promise<boolean>
  /**
   * Notes where to go on in a partition: an upsert that keeps the greater offset, as one that comes late, from a member that has lost the
   * partition, must not take the place back. For who seeks there when partitions are assigned, instead of trusting the group's commit.
   */
  saveOffset?(tx: Tx, next: OffsetToCommit): Promise<void>
}

export interface HandleOnceOptions<K, V, Tx> {
  readonly store: OnceStore<Tx>
  /** All effects through `tx`. When it throws, nothing is kept, the id neither, and the record may be tried again. */
  readonly handle: (record: ConsumerRecord<K, V>, tx: Tx) => void | Promise<unknown>
  /**
   * By default, and for a record that it has no id for, `topic/partition/offset`: a record that comes again is known. An id of the event's
   * own, such as an order's, also knows the record that a producer has sent twice. The empty string is no id.
   */
  readonly idOf?: ((record: ConsumerRecord<K, V>) => string | null | undefined) | undefined
}

/** A function that handles a record unless its id has been handled; it resolves to whether it did, and rejects as `handle` and the store do. */
export function handleOnce<K, V, Tx>({
  store,
  handle,
  idOf,
}: HandleOnceOptions<K, V, Tx>): (record: ConsumerRecord<K, V>) => Promise<boolean> {
  return (record) =>
    store.transaction(async (tx) => {
      const isNew = await store.claim(tx, idOf?.(record) || placeOf(record))
      if (isNew) await handle(record, tx)
      const { topic, partition, offset, leaderEpoch } = record
      await store.saveOffset?.(tx, { topic, partition, offset: offset + 1, leaderEpoch })
      return isNew
    })
}

function placeOf({ topic, partition, offset }: ConsumerRecord<unknown, unknown>): string {
  return `${topic}/${partition}/${offset}`
}
