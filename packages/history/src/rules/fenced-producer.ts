/** Work of producers that have a successor. */

import type { Rule } from './rule.ts'

export const fencedProducer: Rule = {
  name: 'fenced-producer',
  promise: 'once a producer is ready with a transactional id, those before it with that id can write and commit no more',
  watch: (model, report) => ({
    settling({ invocation, line }, outcome) {
      if (outcome !== 'ok' || (invocation.op !== 'send' && invocation.op !== 'end' && invocation.op !== 'send-offsets')) return
      const { client, fencedLine, options } = model.producer(invocation.client)
      if (fencedLine === 0 || fencedLine > line) return
      report({
        message: `${client} did a ${invocation.op} after a successor had taken over transactional id ${options.transactionalId ?? ''}`,
        lines: [fencedLine, line, model.line],
        client,
      })
    },
  }),
}
