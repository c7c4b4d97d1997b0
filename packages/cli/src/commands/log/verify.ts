/** What is wrong with a partition's directory. */

import type { LogProblem } from '@odradek/broker'
import { CommandError } from '../../errors.ts'
import type { OutputOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'
import { readPartition } from './read.ts'

export interface VerifyLogOptions extends OutputOptions {
  readonly max: number
}

type ProblemRow = Omit<LogProblem, 'kind' | 'position'> & { readonly position: number | null }

const columns: readonly (readonly [string, (row: ProblemRow) => Cell])[] = [
  ['FILE', (row) => row.file],
  ['BYTE', (row) => row.position],
  ['PROBLEM', (row) => row.reason],
]

/** Throws CommandError when there is a problem. */
export async function verifyLog(directory: string, { output, max }: VerifyLogOptions): Promise<void> {
  const rows: ProblemRow[] = []
  let [segments, batches, problems] = [0, 0, 0]
  for await (const each of readPartition(directory)) {
    if (each.kind === 'segment') segments++
    else if (each.kind === 'batch') batches++
    else if (++problems <= max) rows.push({ file: each.file, position: each.position ?? null, reason: each.reason })
  }
  await printRows({ rows, columns }, output)
  say(`${segments} ${segments === 1 ? 'segment' : 'segments'}, ${batches} ${batches === 1 ? 'batch' : 'batches'}`)
  if (problems === 0) return
  const omitted = problems > max ? ` (${problems - max} not shown)` : ''
  throw new CommandError(`${problems} ${problems === 1 ? 'problem' : 'problems'}${omitted} in ${directory}`)
}
