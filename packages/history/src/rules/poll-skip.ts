/** Records that one consumer was given and another passed over. */

import { passedOver } from './passed-over.ts'
import type { Rule } from './rule.ts'

export const pollSkip: Rule = {
  name: 'poll-skip',
  promise: 'a consumer that reads on gets every record that is there: what others were given in between is not passed over',
  watch: (model, report) => ({
    finish() {
      passedOver(model, (record, log, offset, { consumer, line }) => {
        if (record.readLine === 0) return
        report({
          message: `${consumer.client} read on past "${record.value}" at ${offset} of ${log.name}, which ${record.reader ?? 'another'} was given`,
          lines: [record.readLine, line],
          topic: log.topic.name,
          partition: log.partition,
          offset,
          value: record.value,
          client: consumer.client,
        })
      })
    },
  }),
}
