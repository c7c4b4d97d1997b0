/** Commits that the group does not get back. */

import type { TopicPartition } from '../model/topic.ts'
import type { Rule } from './rule.ts'

export const lostCommit: Rule = {
  name: 'lost-commit',
  promise: 'what a group has committed it gets back: from the coordinator when asked, and as the start of the next owner',
  watch: (model, report) => ({
    read({ consumer, log, record, offset, reading, position }) {
      if (reading === undefined || reading.isManual || position >= 0 || reading.spanStart >= 0 || reading.blindFrom >= 0) return
      if (consumer.group.sought.has(log)) return
      const lowest = Math.min(reading.committedAtAssignment, consumer.group.lowestCommit(log))
      if (offset >= lowest) return
      report({
        message: `${consumer.client} began at ${offset} of ${log.name}, although group ${consumer.group.name} had committed ${lowest}`,
        lines: [consumer.group.commitOf(log).line, reading.assignedLine, model.line],
        topic: log.topic.name,
        partition: log.partition,
        offset,
        value: record.value,
        client: consumer.client,
        group: consumer.group.name,
      })
    },
    commitsFetched(group, { offsets }, operation) {
      const answers = new Map<TopicPartition, number>()
      for (const { topic, partition, offset } of offsets) answers.set(model.log(topic, partition), offset)
      for (const [place, commit] of group.commits) {
        const lowest = group.lowestCommit(place)
        const answer = answers.get(place) ?? -1
        if (commit.line > operation.line || answer >= lowest) continue
        report({
          message: `group ${group.name} had committed ${lowest} of ${place.name}, but the answer was ${answer < 0 ? 'nothing' : answer}`,
          lines: [commit.line, operation.line, model.line],
          topic: place.topic.name,
          partition: place.partition,
          offset: lowest,
          group: group.name,
        })
      }
    },
  }),
}
