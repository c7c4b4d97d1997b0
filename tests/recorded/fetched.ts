/** What a poll has handed over, as the history has it. */

import type { ConsumerRecord } from '@odradek/client'
import { type Fetched, fetchedOf } from '@odradek/history'
import { nameOf } from './record-name.ts'

export function fetched(records: readonly ConsumerRecord<string, string>[]): Fetched[] {
  return fetchedOf(records.map(({ topic, partition, offset, value }) => ({ topic, partition, offset, value: nameOf(value) })))
}
