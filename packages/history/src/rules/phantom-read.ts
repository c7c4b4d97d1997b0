/** Records that come from nowhere. */

import type { HistoryRecord } from '../model/record.ts'
import type { Rule } from './rule.ts'

export const phantomRead: Rule = {
  name: 'phantom-read',
  promise: 'a record that is read was sent before, to that topic',
  watch(model, report) {
    const reported = new Set<HistoryRecord>()
    return {
      read({ consumer, record, log, offset }) {
        const isSent = record.outcome !== 'foreign' && record.topic === log.topic.name
        if (isSent || log.topic.isForeign || reported.has(record)) return
        reported.add(record)
        const what = record.outcome === 'foreign' ? 'nobody has sent it' : `it was sent to ${record.topic}`
        report({
          message: `${consumer.client} read "${record.value}" at ${offset} of ${log.name}, but ${what}`,
          lines: [model.line],
          topic: log.topic.name,
          partition: log.partition,
          offset,
          value: record.value,
          client: consumer.client,
        })
      },
    }
  },
}
