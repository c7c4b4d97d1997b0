/** Commits that go back. */

import type { Rule } from './rule.ts'

export const nonMonotonicCommit: Rule = {
  name: 'non-monotonic-commit',
  promise: 'a consumer that has not sought back commits ever later offsets while it owns a partition',
  watch: (model, report) => ({
    commitInvoked(consumer, { offsets }) {
      for (const { topic, partition, offset } of offsets) {
        const log = model.log(topic, partition)
        const reading = consumer?.readings.get(log)
        if (consumer === undefined || reading === undefined) continue
        if (offset < reading.lastCommit) {
          report({
            message: `${consumer.client} committed ${offset} of ${log.name} after ${reading.lastCommit}`,
            lines: [reading.lastCommitLine, model.line],
            topic,
            partition,
            offset,
            client: consumer.client,
            group: consumer.group.name,
          })
        }
        reading.lastCommit = offset
        reading.lastCommitLine = model.line
      }
    },
  }),
}
