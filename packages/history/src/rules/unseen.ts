/** Records that no member of a group was given, between what one member read and what the next did. */

import type { Group } from '../model/group.ts'
import type { PartitionLog, Span } from '../model/partition-log.ts'
import type { HistoryRecord } from '../model/record.ts'
import { mustBeThere } from '../model/requirement.ts'
import { passedOver } from './passed-over.ts'
import type { Rule } from './rule.ts'

export const unseen: Rule = {
  name: 'unseen',
  promise: 'a group that starts from the earliest record is given every record, whichever members come and go',
  watch(model, report) {
    /** Seen by nobody although somebody read on past them: lost, and told as such. */
    const lost = new Set<HistoryRecord>()
    const check = (log: PartitionLog, group: Group, from: number, to: number): void => {
      const readsCommitted = group.members.some(({ isolation }) => isolation === 'read_committed')
      log.forEach(from, to, (record, offset) => {
        if (lost.has(record) || !mustBeThere(model, log, offset, record, readsCommitted)) return
        if (log.blinds.get(group)?.some((blind) => blind.from <= offset && record.invokeLine < blind.line) === true) return
        const who = group.isSolitary ? group.name : `group ${group.name}`
        report({
          message: `"${record.value}" at ${offset} of ${log.name} was never given to ${who}, which was given later ones`,
          lines: [record.ackLine || record.readLine],
          topic: log.topic.name,
          partition: log.partition,
          offset,
          value: record.value,
          group: group.name,
        })
      })
    }
    return {
      finish() {
        passedOver(model, (record) => {
          if (record.readLine === 0) lost.add(record)
        })
        for (const log of model.logs()) {
          for (const [group, end] of log.groupEnds) {
            if (!group.startsAtEarliest || group.sought.has(log)) continue
            for (const { from, to } of complement(log.spans.get(group) ?? [], end)) check(log, group, from, to)
          }
        }
      },
    }
  },
}

/** What the spans leave of 0 to `end` − 1. */
function complement(spans: readonly Span[], end: number): Span[] {
  const holes: Span[] = []
  let next = 0
  for (const { from, to } of spans.toSorted((left, right) => left.from - right.from)) {
    if (from > next && next < end) holes.push({ from: next, to: Math.min(from, end) })
    next = Math.max(next, to)
  }
  if (next < end) holes.push({ from: next, to: end })
  return holes
}
