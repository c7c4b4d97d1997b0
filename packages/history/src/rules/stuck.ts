/** Operations that take too long while the cluster is well: shared by two rules. */

import type { HistoryListener } from '../model/listener.ts'
import type { HistoryModel } from '../model/history-model.ts'
import type { PendingOperation } from '../model/operation.ts'
import type { Finding, RuleOptions } from './rule.ts'

export function watchForStuck(
  model: HistoryModel,
  report: (finding: Finding) => void,
  { stuckAfterMs }: RuleOptions,
  isWatched: (operation: PendingOperation) => boolean,
): HistoryListener {
  const reported = new Set<number>()
  const check = (operation: PendingOperation): void => {
    const { invocation, line } = operation
    if (model.health.wellForMs(invocation.timeMs, model.timeMs) < stuckAfterMs || !isWatched(operation) || reported.has(line)) return
    reported.add(line)
    const what = operation.record === undefined ? invocation.op : `send of "${operation.record.value}"`
    report({
      message: `the ${what} of ${invocation.client} was still under way after ${Math.round(model.timeMs - invocation.timeMs)} ms, the cluster being well`,
      lines: [line, model.line],
      client: invocation.client,
    })
  }
  const checkAll = (): void => {
    for (const operation of model.pending.values()) check(operation)
  }
  return { settling: check, faulting: checkAll, finish: checkAll }
}
