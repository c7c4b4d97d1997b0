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
]
