/** An offset that held two records. */

import type { Rule } from './rule.ts'
import { outlivesFaults } from '../model/requirement.ts'

export const offsetConflict: Rule = {
  name: 'offset-conflict',
  promise: 'an offset of a partition holds one record, the same for everybody, for ever',
  watch: (model, report) => ({
    conflict(log, offset, holder, record) {
      for (const each of [holder, record]) if (each.readLine === 0 && each.ackOffset === offset && !outlivesFaults(model, each)) return
      report({
        message: `offset ${offset} of ${log.name} held "${holder.value}", then "${record.value}"`,
        lines: [holder.ackOffset === offset ? holder.ackLine : holder.readLine, model.line],
        topic: log.topic.name,
        partition: log.partition,
        offset,
        value: record.value,
      })
    },
  }),
}
