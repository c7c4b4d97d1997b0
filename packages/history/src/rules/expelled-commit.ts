/** Commits of members that have no say any more. */

import type { ConsumerState } from '../model/consumer.ts'
import type { Group } from '../model/group.ts'
import type { PartitionLog } from '../model/partition-log.ts'
import { holdersOf } from './holders.ts'
import type { Rule } from './rule.ts'

interface Assignment {
  readonly consumer: ConsumerState
  readonly generation: number | undefined
  readonly line: number
}

export const expelledCommit: Rule = {
  name: 'expelled-commit',
  promise: 'a member whose partition has gone to another, or whose generation is over, cannot commit',
  watch(model, report) {
    const latest = new Map<Group, Map<PartitionLog, Assignment>>()
    return {
      assigning(consumer, log, generation) {
        const logs = latest.get(consumer.group) ?? new Map<PartitionLog, Assignment>()
        latest.set(consumer.group, logs)
        logs.set(log, { consumer, generation, line: model.line })
      },
      committed(consumer, commit, operation) {
        if (consumer === undefined) return
        const assigned = latest.get(consumer.group)
        for (const { topic, partition, offset } of commit.offsets) {
          const log = model.log(topic, partition)
          const assignment = assigned?.get(log)
          if (assignment === undefined || assignment.consumer === consumer || assignment.line > operation.line) continue
          const isOver =
            commit.generation !== undefined &&
            assignment.generation !== undefined &&
            consumer.options.protocol !== 'consumer' &&
            commit.generation < assignment.generation
          const stillHolds = holdersOf(model, consumer.group, log, assignment.consumer).some(
            ({ holder, reading }) => holder === consumer && reading.assignedLine < assignment.line,
          )
          if (!isOver && !stillHolds) continue
          report({
            message: `${consumer.client} committed ${offset} of ${log.name}, which had gone to ${assignment.consumer.client}`,
            lines: [assignment.line, operation.line, model.line],
            topic,
            partition,
            offset,
            client: consumer.client,
            group: consumer.group.name,
          })
        }
      },
    }
  },
}
