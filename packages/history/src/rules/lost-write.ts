/** Acknowledged records that are gone. */

import type { HistoryRecord } from '../model/record.ts'
import { mustBeThere } from '../model/requirement.ts'
import { passedOver } from './passed-over.ts'
import type { Rule } from './rule.ts'

export const lostWrite: Rule = {
  name: 'lost-write',
  promise: 'what was acknowledged is there',
  watch(model, report) {
    const reported = new Set<HistoryRecord>()
    const tell = (record: HistoryRecord, lines: number[], how: string): void => {
      if (reported.has(record)) return
      reported.add(record)
      report({
        message: `"${record.value}" was acknowledged at ${record.ackOffset} of ${record.foundIn?.name ?? '?'}, but ${how}`,
        lines: [record.ackLine, ...lines],
        topic: record.topic,
        ...(record.foundIn === undefined ? {} : { partition: record.foundIn.partition }),
        offset: record.ackOffset,
        value: record.value,
        ...(record.producer === undefined ? {} : { client: record.producer.client }),
      })
    }
    return {
      bounds({ bounds }, { invocation, line }) {
        if (invocation.op !== 'bounds' || invocation.isolation === 'read_committed') return
        for (const { topic, partition, end } of bounds) {
          const log = model.log(topic, partition)
          log.forEach(end, log.maxOffset + 1, (record, offset) => {
            if (record.readLine > 0 || record.ackLine > line || !mustBeThere(model, log, offset, record, false)) return
            tell(record, [line, model.line], `the log ends at ${end}`)
          })
        }
      },
      finish() {
        passedOver(model, (record, _log, _offset, { consumer, line }) => {
          if (record.readLine === 0) tell(record, [line], `${consumer.client} read on past it, and nobody has seen it`)
        })
      },
    }
  },
}
