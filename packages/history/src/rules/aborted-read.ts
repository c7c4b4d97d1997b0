/** Records that were read although they never came to be. */

import type { HistoryRecord } from '../model/record.ts'
import type { Rule } from './rule.ts'

export const abortedRead: Rule = {
  name: 'aborted-read',
  promise: 'a record whose transaction was aborted is read by nobody under read_committed, one whose send failed by nobody at all (G1a)',
  watch(model, report) {
    const reported = new Set<HistoryRecord>()
    const tell = (record: HistoryRecord, what: string, cause: number, line: number): void => {
      if (reported.has(record)) return
      reported.add(record)
      report({
        message: `"${record.value}" at ${record.offset} of ${record.foundIn?.name ?? '?'} was read, but ${what}`,
        lines: [cause, line].filter((each) => each > 0),
        topic: record.topic,
        ...(record.foundIn === undefined ? {} : { partition: record.foundIn.partition }),
        offset: record.offset,
        value: record.value,
        ...(record.reader === undefined ? {} : { client: record.reader }),
      })
    }
    const failLines = new Map<HistoryRecord, number>()
    return {
      settling({ record }, outcome) {
        if (record === undefined || outcome !== 'fail') return
        if (record.readLine > 0) tell(record, 'its send failed', model.line, record.readLine)
        else failLines.set(record, model.line)
      },
      read({ consumer, record }) {
        const { transaction } = record
        if (record.outcome === 'fail') tell(record, 'its send had failed', failLines.get(record) ?? 0, model.line)
        if (!consumer.readsCommitted || transaction === undefined) return
        if (transaction.state !== 'aborted' && transaction.state !== 'aborting') return
        tell(record, `transaction ${transaction.name} was aborted`, transaction.stateLine, model.line)
      },
      transactionEnded(transaction) {
        if (transaction.state !== 'aborted' || !transaction.wasRead) return
        for (const record of model.records.values()) {
          if (record.transaction !== transaction || record.committedReadLine === 0) continue
          tell(record, `transaction ${transaction.name} was then aborted`, model.line, record.committedReadLine)
        }
      },
    }
  },
}
