/** Producers that do not get on. */

import type { PendingOperation } from '../model/operation.ts'
import type { Rule } from './rule.ts'
import { watchForStuck } from './stuck.ts'

const operations: ReadonlySet<PendingOperation['invocation']['op']> = new Set(['send', 'init', 'send-offsets', 'end'])

export const stuckProducer: Rule = {
  name: 'stuck-producer',
  promise: 'while the cluster is well, what a producer was asked to do comes to an end',
  watch: (model, report, options) => watchForStuck(model, report, options, ({ invocation }) => operations.has(invocation.op)),
}
