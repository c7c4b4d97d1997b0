/** Which records a reader must come across. */

import type { PartitionLog } from './partition-log.ts'
import type { HistoryModel } from './history-model.ts'
import type { HistoryRecord } from './record.ts'

/** Whether whoever reads on past `offset` must have been given `record`, known to be there. */
export function mustBeThere(
  model: HistoryModel,
  log: PartitionLog,
  offset: number,
  record: HistoryRecord,
  readsCommitted: boolean,
): boolean {
  if (record.foundIn !== log || record.offset !== offset || offset < log.logStart) return false
  if (record.ackOffset !== offset && record.readLine === 0) return false
  if (record.readLine === 0 && !outlivesFaults(model, record)) return false
  if (log.topic.isCompacted && mayBeCompacted(log, offset, record)) return false
  return !readsCommitted || record.transaction === undefined || record.transaction.isCommitted
}

/** An acknowledgement by the leader alone binds nobody once the leader may have failed. */
export function outlivesFaults(model: HistoryModel, record: HistoryRecord): boolean {
  return record.producer?.options.acks !== 1 || model.health.lastFaultLine < record.ackLine
}

function mayBeCompacted(log: PartitionLog, offset: number, { key, isTombstone }: HistoryRecord): boolean {
  if (isTombstone || key === undefined || (log.topic.floatingKeys.get(key) ?? 0) > 0) return true
  return (log.lastOffsetOfKey.get(key) ?? -1) > offset
}
