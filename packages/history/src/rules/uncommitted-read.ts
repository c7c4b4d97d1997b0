/** Records that were read before their time. */

import type { Rule } from './rule.ts'

export const uncommittedRead: Rule = {
  name: 'uncommitted-read',
  promise: 'nobody under read_committed reads a record before its transaction is to be committed (G1b)',
  watch: (model, report) => ({
    read({ consumer, record, log, offset }) {
      const { transaction } = record
      if (!consumer.readsCommitted || transaction === undefined || transaction.state !== 'open') return
      report({
        message: `${consumer.client} read "${record.value}" at ${offset} of ${log.name} while transaction ${transaction.name} was open`,
        lines: [record.invokeLine, model.line],
        topic: log.topic.name,
        partition: log.partition,
        offset,
        value: record.value,
        client: consumer.client,
      })
    },
  }),
}
