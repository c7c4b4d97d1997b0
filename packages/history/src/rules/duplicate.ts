/** A record that is there twice although its producer rules that out. */

import type { HistoryRecord } from '../model/record.ts'
import type { Rule } from './rule.ts'

export const duplicate: Rule = {
  name: 'duplicate',
  promise: 'what an idempotent producer sends once is there once',
  watch(model, report) {
    const reported = new Set<HistoryRecord>()
    return {
      foundAgain(record, log, offset) {
        if (record.producer === undefined || record.producer.mayDuplicate || reported.has(record)) return
        reported.add(record)
        report({
          message: `"${record.value}", sent once by ${record.producer.client}, is at ${record.offset} of ${record.foundIn?.name ?? '?'} and at ${offset} of ${log.name}`,
          lines: [
            record.invokeLine,
            Math.max(record.ackLine, record.readLine) === model.line ? record.ackLine : record.readLine,
            model.line,
          ].filter((line) => line > 0),
          topic: log.topic.name,
          partition: log.partition,
          offset,
          value: record.value,
          client: record.producer.client,
        })
      },
    }
  },
}
