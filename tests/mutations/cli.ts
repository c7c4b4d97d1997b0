/** Faults in the command line. */

import type { Mutation } from './mutation.ts'

export const cliMutations: readonly Mutation[] = [
  {
    name: 'cli/perf-windows-pile-up',
    breaks: 'the lines on the way of perf produce are about everything so far, as no line of Kafka’s tool is',
    file: 'packages/cli/src/commands/perf/produce-report.ts',
    search: '    this.#window = newWindow(nowMs)\n    return (',
    replace: '    return (',
    tests: ['packages/cli/test/commands/produce-report.test.ts'],
  },
  {
    name: 'cli/progress-into-files',
    breaks: 'what is redrawn on a terminal fills the log of a job',
    file: 'packages/cli/src/output/progress.ts',
    search: 'if (stream.isTTY === true) this.#timer',
    replace: 'this.#timer',
    tests: ['packages/cli/test/output/progress.test.ts'],
  },
  {
    name: 'cli/one-header-of-a-name',
    breaks: 'of two headers of one name produce sends the last',
    file: 'packages/cli/src/commands/produce/headers.ts',
    search: 'return [...previous, ...Object.entries',
    replace: 'return [...Object.entries',
    tests: ['packages/cli/test/commands/headers.test.ts'],
  },
  {
    name: 'cli/reset-out-of-range',
    breaks: 'a group is reset to an offset that is not there, and starts somewhere else',
    file: 'packages/cli/src/commands/group/reset/plan.ts',
    search: 'Math.min(Math.max(asked, startOffset), endOffset)',
    replace: 'Math.min(asked, endOffset)',
    tests: ['packages/cli/test/commands/group/reset.test.ts'],
  },
  {
    name: 'cli/living-transaction-hangs',
    breaks: 'a transaction that its coordinator will end is shown as one to abort',
    file: 'packages/cli/src/commands/transaction/hanging.ts',
    search: 'return isPart ? undefined :',
    replace: 'return transaction.producerId < 0 ? undefined :',
    tests: ['packages/cli/test/commands/transaction/hanging.test.ts'],
  },
  {
    name: 'cli/completes-after-flags',
    breaks: 'what follows an option without a value is taken for its value, and not completed',
    file: 'packages/cli/src/commands/completion/command-words.ts',
    search: 'if (option === undefined || !option.required) return',
    replace: 'if (option === undefined) return',
    tests: ['packages/cli/test/commands/completion/candidates.test.ts'],
  },
  {
    name: 'cli/verify-trusts-checksums',
    breaks: 'log verify finds a damaged batch sound',
    file: 'packages/broker/src/storage/log-inspection.ts',
    search: 'if (!batch.isChecksumValid)',
    replace: 'if (Number.isNaN(batch.position))',
    tests: ['packages/broker/test/storage/log-inspection.test.ts'],
  },
]
