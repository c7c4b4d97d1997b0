/** Who believes to own a partition: shared by two rules. */

import type { ConsumerState, Reading } from '../model/consumer.ts'
import type { Group } from '../model/group.ts'
import type { HistoryModel } from '../model/history-model.ts'
import type { PartitionLog } from '../model/partition-log.ts'

export interface Holder {
  readonly holder: ConsumerState
  readonly reading: Reading
}

/** The members, other than `except`, that the group gave the partition to and that have not given it up. */
export function holdersOf(model: HistoryModel, group: Group, log: PartitionLog, except: ConsumerState): Holder[] {
  if (group.isSolitary) return []
  const holders: Holder[] = []
  for (const holder of model.consumers.values()) {
    if (holder.group !== group || holder === except) continue
    const reading = holder.readings.get(log)
    if (reading !== undefined && !reading.isManual) holders.push({ holder, reading })
  }
  return holders
}
