/** Inputs of a pipeline without output, or with several. */

import type { PipelineEvent } from '../format/events.ts'
import type { HistoryRecord } from '../model/record.ts'
import { mustBeThere } from '../model/requirement.ts'
import type { Rule } from './rule.ts'

export const exactlyOnce: Rule = {
  name: 'exactly-once',
  promise: 'a pipeline that commits its input with its output has one committed output for each input that it has committed',
  watch(model, report) {
    const check = ({ group: name, input, output }: PipelineEvent): void => {
      const group = model.group(name)
      const outputs = outputsByInput(model.records.values(), output)
      for (const log of model.logsOf(input)) {
        const end = group.transactionalEnds.get(log) ?? 0
        log.forEach(0, log.maxOffset + 1, (record, offset) => {
          if (!mustBeThere(model, log, offset, record, true)) return
          const made = outputs.get(record.value) ?? []
          const certain = made.filter(isCommitted)
          const isMissing = offset < end && !made.some(mayBeCommitted)
          if (certain.length < 2 && !isMissing) return
          const how = isMissing ? 'no output' : `${certain.length} outputs: ${certain.map(({ value }) => `"${value}"`).join(', ')}`
          report({
            message: `input "${record.value}" at ${offset} of ${log.name} has ${how}`,
            lines: isMissing ? [record.ackLine || record.readLine] : certain.map(({ ackLine, readLine }) => ackLine || readLine),
            topic: log.topic.name,
            partition: log.partition,
            offset,
            value: record.value,
            group: name,
          })
        })
      }
    }
    return {
      finish() {
        for (const pipeline of model.pipelines) check(pipeline)
      },
    }
  },
}

function outputsByInput(records: Iterable<HistoryRecord>, topic: string): Map<string, HistoryRecord[]> {
  const outputs = new Map<string, HistoryRecord[]>()
  for (const record of records) {
    if (record.from === undefined || record.topic !== topic) continue
    const made = outputs.get(record.from)
    if (made === undefined) outputs.set(record.from, [record])
    else made.push(record)
  }
  return outputs
}

function isCommitted({ committedReadLine, outcome, transaction }: HistoryRecord): boolean {
  if (committedReadLine > 0) return true
  return outcome === 'ok' && (transaction === undefined || transaction.isCommitted)
}

function mayBeCommitted(record: HistoryRecord): boolean {
  if (record.outcome === 'fail') return false
  return isCommitted(record) || record.transaction === undefined || record.transaction.mayBeCommitted
}
