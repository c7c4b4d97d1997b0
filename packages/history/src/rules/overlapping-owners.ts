/** A partition that is given away under its owner. */

import { holdersOf } from './holders.ts'
import type { Rule } from './rule.ts'

const DEFAULT_SESSION_TIMEOUT_MS = 45_000

/**
 * A member that the group has given up on may believe for a while that it still owns a partition. One that polled and committed within
 * half the session timeout cannot have been given up on.
 */
export const overlappingOwners: Rule = {
  name: 'overlapping-owners',
  promise: 'a partition goes to another member only when its owner has given it up, left or fallen silent',
  watch: (model, report) => ({
    assigning(consumer, log, generation) {
      for (const { holder, reading } of holdersOf(model, consumer.group, log, consumer)) {
        // Within one generation it is two owners, and told as such.
        if (generation !== undefined && reading.generation === generation) continue
        const sinceMs = model.timeMs - (holder.options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS) / 2
        if (holder.polledMs < sinceMs || holder.committedMs < sinceMs) continue
        report({
          message: `${log.name} went to ${consumer.client} while ${holder.client}, well and polling, owned it in group ${consumer.group.name}`,
          lines: [reading.assignedLine, model.line],
          topic: log.topic.name,
          partition: log.partition,
          client: consumer.client,
          group: consumer.group.name,
        })
      }
    },
  }),
}
