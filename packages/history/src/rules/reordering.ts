/** Records of a producer that lie in another order than they were sent in. */

import type { PartitionLog } from '../model/partition-log.ts'
import type { ProducerState } from '../model/producer.ts'
import type { HistoryRecord } from '../model/record.ts'
import type { Rule } from './rule.ts'

export const reordering: Rule = {
  name: 'reordering',
  promise: 'the records of an idempotent producer, or of one with one request in flight, lie in a partition in the order of its sends',
  watch(model, report) {
    const check = (log: PartitionLog): void => {
      const latest = new Map<ProducerState, HistoryRecord>()
      log.forEach(0, log.maxOffset + 1, (record, offset) => {
        const { producer } = record
        if (producer === undefined || !producer.isOrdered || !isItsPlace(record, log, offset)) return
        const before = latest.get(producer)
        if (before === undefined || before.invokeLine < record.invokeLine) {
          latest.set(producer, record)
          return
        }
        report({
          message: `${producer.client} sent "${record.value}" before "${before.value}", but it lies behind it in ${log.name}, at ${offset} and ${before.offset}`,
          lines: [record.invokeLine, before.invokeLine, record.ackLine || record.readLine, before.ackLine || before.readLine],
          topic: log.topic.name,
          partition: log.partition,
          offset,
          value: record.value,
          client: producer.client,
        })
      })
    }
    return {
      finish() {
        for (const log of model.logs()) check(log)
      },
    }
  },
}

/** Without idempotence a late duplicate may be the first that is read; only the acknowledgement tells the place. */
function isItsPlace(record: HistoryRecord, log: PartitionLog, offset: number): boolean {
  if (record.foundIn !== log || record.offset !== offset) return false
  return record.producer?.options.idempotent === true ? record.outcome !== 'fail' : record.ackOffset === offset
}
