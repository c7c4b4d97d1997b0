/** The records that consumers passed over although they must have been given them: shared by two rules. */

import type { HistoryModel } from '../model/history-model.ts'
import type { Gap, PartitionLog } from '../model/partition-log.ts'
import type { HistoryRecord } from '../model/record.ts'
import { mustBeThere } from '../model/requirement.ts'

export type PassedOver = (record: HistoryRecord, log: PartitionLog, offset: number, gap: Gap) => void

/** To be called at the end of a history: what a gap may hold is known only then. */
export function passedOver(model: HistoryModel, visit: PassedOver): void {
  for (const log of model.logs()) {
    for (const gap of log.gaps) {
      const { consumer, from, to } = gap
      // Out of range, a consumer with this reset goes on from the end.
      if (consumer.reset === 'latest' && from < log.logStart) continue
      const readsCommitted = consumer.isolation === 'read_committed'
      log.forEach(from, to, (record, offset) => {
        if (mustBeThere(model, log, offset, record, readsCommitted)) visit(record, log, offset, gap)
      })
    }
  }
}
