/** Consumers that do not get on. */

import type { ConsumerState, Reading } from '../model/consumer.ts'
import type { Rule } from './rule.ts'
import { watchForStuck } from './stuck.ts'

export const stuckConsumer: Rule = {
  name: 'stuck-consumer',
  promise: 'while the cluster is well, polls and commits come to an end, and polls return the records that are there',
  watch(model, report, options) {
    const listener = watchForStuck(
      model,
      report,
      options,
      ({ invocation: { op } }) => op === 'poll' || op === 'commit' || op === 'committed',
    )
    const told = new Set<Reading>()
    return {
      ...listener,
      polled(consumer, operation) {
        for (const reading of consumer.readings.values()) {
          if (reading.positionLine === model.line || !isBehind(consumer, reading)) {
            reading.behindSinceMs = Number.NaN
            continue
          }
          if (Number.isNaN(reading.behindSinceMs)) reading.behindSinceMs = operation.invocation.timeMs
          if (model.health.wellForMs(reading.behindSinceMs, model.timeMs) < options.stuckAfterMs || told.has(reading)) continue
          told.add(reading)
          const { log } = reading
          report({
            message: `${consumer.client} polls and is given nothing of ${log.name}, although records up to ${log.maxStableAck} were acknowledged`,
            lines: [reading.positionLine, log.at(log.maxStableAck)?.ackLine ?? 0, model.line].filter((line) => line > 0),
            topic: log.topic.name,
            partition: log.partition,
            offset: log.maxStableAck,
            client: consumer.client,
          })
        }
      },
    }
  },
}

function isBehind(consumer: ConsumerState, { log, position, blindFrom, isPaused }: Reading): boolean {
  if (isPaused || blindFrom >= 0 || log.topic.isCompacted) return false
  if (consumer.readsCommitted && log.unresolved.size > 0) return false
  const start = position >= 0 ? position : firstPosition(consumer, log)
  return start >= 0 && Math.max(start, log.logStart) <= log.maxStableAck
}

/** Where a consumer that has not read anything yet begins at the latest; −1 = unknown. */
function firstPosition({ group, options }: ConsumerState, log: Reading['log']): number {
  if (group.sought.has(log) || group.commitsUnseen) return -1
  const commit = group.commits.get(log)
  if (commit === undefined) return options.reset === 'earliest' ? 0 : -1
  return Math.max(commit.offset, ...commit.uncertain, ...commit.pending.values())
}
