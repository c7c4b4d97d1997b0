/** Offsets that the log turns out not to have. */

import type { ConsumerState } from '../model/consumer.ts'
import type { PartitionLog } from '../model/partition-log.ts'
import type { Rule } from './rule.ts'

/** The highest offset of a kind, and the event that shows it. */
interface Highest {
  offset: number
  line: number
}

export const offsetBeyondEnd: Rule = {
  name: 'offset-beyond-end',
  promise: 'whatever was read or committed lies before the end that the log has later',
  watch(model, report) {
    const read = new Map<PartitionLog, Highest>()
    const readCommitted = new Map<PartitionLog, Highest>()
    const committed = new Map<PartitionLog, Highest>()
    const raise = (table: Map<PartitionLog, Highest>, log: PartitionLog, offset: number): void => {
      const highest = table.get(log)
      if (highest === undefined) table.set(log, { offset, line: model.line })
      else if (offset > highest.offset) {
        highest.offset = offset
        highest.line = model.line
      }
    }
    const check = (highest: Highest | undefined, log: PartitionLog, end: number, askedLine: number, what: string): void => {
      if (highest === undefined || highest.offset <= end || highest.line > askedLine) return
      report({
        message: `${what} ${log.name} up to ${highest.offset}, but later it ended at ${end}`,
        lines: [highest.line, askedLine, model.line],
        topic: log.topic.name,
        partition: log.partition,
        offset: highest.offset,
      })
    }
    return {
      read({ consumer, log, offset }: { consumer: ConsumerState; log: PartitionLog; offset: number }) {
        raise(consumer.readsCommitted ? readCommitted : read, log, offset + 1)
      },
      committed(_consumer, { offsets }) {
        for (const { topic, partition, offset } of offsets) raise(committed, model.log(topic, partition), offset)
      },
      commitsFetched(_group, { offsets }) {
        for (const { topic, partition, offset } of offsets) raise(committed, model.log(topic, partition), offset)
      },
      bounds({ bounds }, { invocation, line }) {
        if (invocation.op !== 'bounds') return
        const isStable = invocation.isolation === 'read_committed'
        for (const { topic, partition, end } of bounds) {
          const log = model.log(topic, partition)
          check(readCommitted.get(log), log, end, line, 'read_committed readers got')
          if (isStable) continue
          check(read.get(log), log, end, line, 'readers got')
          check(committed.get(log), log, end, line, 'a group committed')
        }
      },
    }
  },
}
