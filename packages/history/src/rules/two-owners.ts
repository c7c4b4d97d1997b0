/** A partition that one generation gives to two members. */

import type { ConsumerState } from '../model/consumer.ts'
import type { Group } from '../model/group.ts'
import type { PartitionLog } from '../model/partition-log.ts'
import type { Rule } from './rule.ts'

interface Owner {
  readonly consumer: ConsumerState
  readonly line: number
}

/** Older generations of a partition are not looked at again. */
const KEPT_GENERATIONS = 16

export const twoOwners: Rule = {
  name: 'two-owners',
  promise: 'in one generation of a group a partition has one owner',
  watch(model, report) {
    const owners = new Map<Group, Map<PartitionLog, Map<number, Owner>>>()
    const generationsOf = (group: Group, log: PartitionLog): Map<number, Owner> => {
      let logs = owners.get(group)
      if (logs === undefined) owners.set(group, (logs = new Map<PartitionLog, Map<number, Owner>>()))
      let generations = logs.get(log)
      if (generations === undefined) logs.set(log, (generations = new Map<number, Owner>()))
      return generations
    }
    return {
      assigning(consumer, log, generation) {
        const { group } = consumer
        if (generation === undefined || consumer.options.protocol === 'consumer') return
        const generations = generationsOf(group, log)
        const owner = generations.get(generation)
        if (owner !== undefined && owner.consumer !== consumer) {
          report({
            message: `${log.name} went to ${owner.consumer.client} and to ${consumer.client} in generation ${generation} of group ${group.name}`,
            lines: [owner.line, model.line],
            topic: log.topic.name,
            partition: log.partition,
            client: consumer.client,
            group: group.name,
          })
        }
        generations.set(generation, { consumer, line: model.line })
        for (const oldest of generations.keys()) if (generations.size > KEPT_GENERATIONS) generations.delete(oldest)
      },
    }
  },
}
