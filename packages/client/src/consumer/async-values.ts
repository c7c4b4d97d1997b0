/** Keys and values whose deserializers take their time: all of a poll at once, before it returns. */

import type { FetchedRecord } from './fetched-record.ts'
import type { ConsumerRecord } from './types.ts'

/** Resolves when every key and value is there, or has failed. Never rejects: a failure is thrown to whoever reads that record. */
export async function settleValues<K, V>(records: readonly ConsumerRecord<K, V>[]): Promise<void> {
  const waiting: Promise<void>[] = []
  for (const record of records) {
    const settled = (record as FetchedRecord<K, V>).settle()
    if (settled !== undefined) waiting.push(settled)
  }
  if (waiting.length > 0) await Promise.all(waiting)
}
