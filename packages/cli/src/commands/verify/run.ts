/** Reads a history, prints the verdict. */

import { createReadStream } from 'node:fs'
import { HistoryChecker, HistoryDecoder, HistoryError, ruleNames, rulePromises, type Verdict, type Violation } from '@odradek/history'
import { CommandError } from '../../errors.ts'
import type { GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'

export interface VerifyOptions extends GlobalOptions {
  readonly stuckAfter: number
  readonly max: number
  readonly rules?: boolean
}

/** Throws CommandError when the history breaks a rule or cannot be judged. */
export async function verify(file: string, options: VerifyOptions): Promise<void> {
  const name = file === '-' ? 'the history on stdin' : file
  const verdict = await judge(file, name, options)
  const { violations, omitted } = verdict
  if (options.output === 'json') process.stdout.write(`${JSON.stringify({ clean: violations.length === 0, ...verdict }, undefined, 2)}\n`)
  else if (options.output === 'ndjson') await printRows({ rows: violations, columns: [] }, options.output)
  else for (const violation of violations) process.stdout.write(`${describeViolation(violation)}\n`)
  say(describeCounts(verdict))
  if (violations.length === 0) return
  const broken = new Set(violations.map(({ rule }) => rule))
  throw new CommandError(
    `${violations.length + omitted} violations${omitted > 0 ? ` (${omitted} not shown)` : ''} of ${[...broken].join(', ')}; what a rule is: odradek verify --rules`,
  )
}

async function judge(file: string, name: string, { stuckAfter, max }: VerifyOptions): Promise<Verdict> {
  const checker = new HistoryChecker({ stuckAfterMs: stuckAfter, maxPerRule: max })
  const decoder = new HistoryDecoder()
  const input: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 })
  try {
    for await (const chunk of input) for (const event of decoder.decode(chunk)) checker.add(event)
    for (const event of decoder.end()) checker.add(event)
    const verdict = checker.finish()
    if (verdict.counts.events === 0) throw new CommandError(`${name} holds no events`)
    return verdict
  } catch (error) {
    if (error instanceof HistoryError) throw new CommandError(`cannot judge ${name}: ${error.message}`, { cause: error })
    throw error
  }
}

/** Rule and place, what happened, and the lines that show it. */
function describeViolation({ rule, message, lines }: Violation): string {
  return `${rule}: ${message} (${lines.length === 1 ? 'event' : 'events'} ${lines.join(', ')})`
}

function describeCounts({ counts }: Verdict): string {
  const { events, sent, acknowledged, read, commits, transactions, rebalances, faults } = counts
  const groups = `${commits} commits, ${transactions} transactions, ${rebalances} assignments, ${faults} faults`
  return `${events} events: ${sent} records sent, ${acknowledged} acknowledged, ${read} read, ${groups}`
}

export async function listRules({ output }: VerifyOptions): Promise<void> {
  interface Row {
    readonly rule: string
    readonly promise: string
  }
  const rows = ruleNames.map((rule): Row => ({ rule, promise: rulePromises.get(rule) ?? '' }))
  const columns: readonly (readonly [string, (row: Row) => Cell])[] = [
    ['RULE', (row) => row.rule],
    ['WHAT KAFKA PROMISES', (row) => row.promise],
  ]
  await printRows({ rows, columns }, output)
}
