/** A consumer that is given what is not its own. */

import type { Rule } from './rule.ts'

export const unownedRead: Rule = {
  name: 'unowned-read',
  promise: 'a consumer is given records of the partitions that are assigned to it, and of no others',
  watch: (model, report) => ({
    read({ consumer, log, record, offset, reading }) {
      if (reading !== undefined) return
      report({
        message: `${consumer.client} got offset ${offset} of ${log.name}, which is not assigned to it`,
        lines: [model.line],
        topic: log.topic.name,
        partition: log.partition,
        offset,
        value: record.value,
        client: consumer.client,
      })
    },
  }),
}
