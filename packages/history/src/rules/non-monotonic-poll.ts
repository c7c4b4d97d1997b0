/** A consumer that is taken back without having asked for it. */

import type { Rule } from './rule.ts'

export const nonMonotonicPoll: Rule = {
  name: 'non-monotonic-poll',
  promise: 'from its assignment or a seek on, a consumer gets the records of a partition in the order of their offsets, each once',
  watch: (model, report) => ({
    read({ consumer, log, record, offset, position, positionLine, isWithinPoll }) {
      if (position < 0 || offset >= position) return
      report({
        message: `${consumer.client} got offset ${offset} of ${log.name} when ${position} was next, ${isWithinPoll ? 'within one poll' : 'in a later poll'}`,
        lines: positionLine === model.line ? [model.line] : [positionLine, model.line],
        topic: log.topic.name,
        partition: log.partition,
        offset,
        value: record.value,
        client: consumer.client,
      })
    },
  }),
}
