/** A record that went before one that had been acknowledged when it was sent. */

import type { Rule } from './rule.ts'

export const nonMonotonicSend: Rule = {
  name: 'non-monotonic-send',
  promise: 'a record lies behind all that had been acknowledged in its partition before it was sent, by whomever',
  watch: (_model, report) => ({
    acknowledged(record, log, offset) {
      const floor = log.ackedBefore(record.invokeLine)
      if (offset >= floor) return
      const other = log.at(floor)
      // Within one ordered producer this is a reordering, and told as such.
      if (other?.producer === record.producer && record.producer?.isOrdered === true) return
      report({
        message: `"${record.value}" was sent after "${other?.value ?? '?'}" had been acknowledged at ${floor} of ${log.name}, and went to ${offset}`,
        lines: [other?.ackLine ?? 0, record.invokeLine, record.ackLine].filter((line) => line > 0),
        topic: log.topic.name,
        partition: log.partition,
        offset,
        value: record.value,
        ...(record.producer === undefined ? {} : { client: record.producer.client }),
      })
    },
  }),
}
