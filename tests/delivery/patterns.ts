/** The ways to commit, as loops of an application, each with the points at which it may be killed. */

import type { Consumer, ConsumerRecord } from '@odradek/client'
import { handleOnce } from '@odradek/client'
import type { EffectStore } from './effect-store.ts'

export type Record = ConsumerRecord<string, string>

export interface Run {
  readonly consumer: Consumer<string, string>
  readonly effects: EffectStore
  /** Empty when there is nothing left. */
  readonly poll: () => Promise<readonly Record[]>
  /** Kills the process where that is wanted of this point in this round. */
  readonly at: (point: string, round: number) => Promise<void>
  /** Polls, which brings nothing, until auto-commit has committed this offset. */
  readonly autoCommitted: (offset: number) => Promise<void>
}

export interface Pattern {
  readonly name: string
  readonly autoCommit: boolean
  /** In the order in which they are passed. */
  readonly points: readonly string[]
  readonly run: (run: Run) => Promise<void>
}

const beforePoll = 'before the poll'
const unprocessed = 'after the poll, before processing'
const halfWay = 'half-way through processing'
const uncommitted = 'after processing, before the commit'
const committed = 'after the commit'
const partlyUncommitted = 'one of three processed, before the commit'
const partlyCommitted = 'one of three processed, after the commit'
const committedUnprocessed = 'after the commit, before processing'

/** One record a poll is the first: half-way is after it. */
async function processAll(run: Run, records: readonly Record[], round: number, handle: (record: Record) => unknown): Promise<void> {
  for (const [index, record] of records.entries()) {
    await handle(record)
    if (index === 0) await run.at(halfWay, round)
  }
}

async function atMostOnce(run: Run): Promise<void> {
  for (let round = 1; ; round++) {
    await run.at(beforePoll, round)
    const records = await run.poll()
    if (records.length === 0) return
    await run.at('after the poll, before the commit', round)
    await run.consumer.commitSync()
    await run.at(committedUnprocessed, round)
    await processAll(run, records, round, ({ value }) => run.effects.write(value ?? ''))
    await run.at('after processing', round)
  }
}

async function processThenCommit(run: Run, handle: (record: Record) => unknown): Promise<void> {
  for (let round = 1; ; round++) {
    await run.at(beforePoll, round)
    const records = await run.poll()
    if (records.length === 0) return
    await run.at(unprocessed, round)
    await processAll(run, records, round, handle)
    await run.at(uncommitted, round)
    await run.consumer.commitSync()
    await run.at(committed, round)
  }
}

async function autoCommit(run: Run): Promise<void> {
  for (let round = 1; ; round++) {
    await run.at(beforePoll, round)
    const records = await run.poll()
    const last = records.at(-1)
    if (last === undefined) return
    await run.at(unprocessed, round)
    await processAll(run, records, round, ({ value }) => run.effects.write(value ?? ''))
    await run.at(uncommitted, round)
    await run.autoCommitted(last.offset + 1)
    await run.at(committed, round)
  }
}

/** `void handle(record)`: what comes of that by the next poll is chance. Here the first of each poll is done by then, the others are not. */
async function autoCommitUnawaited(run: Run): Promise<void> {
  for (let round = 1; ; round++) {
    await run.at(beforePoll, round)
    const [quick, ...slow] = await run.poll()
    if (quick === undefined) return
    await run.at(unprocessed, round)
    run.effects.write(quick.value ?? '')
    await run.at(partlyUncommitted, round)
    await run.autoCommitted((slow.at(-1)?.offset ?? quick.offset) + 1)
    await run.at(partlyCommitted, round)
    for (const { value } of slow) run.effects.write(value ?? '')
    await run.at(committed, round)
  }
}

export const patterns: readonly Pattern[] = [
  {
    name: 'at most once: `commitSync()`, then process',
    autoCommit: false,
    points: [beforePoll, 'after the poll, before the commit', committedUnprocessed, halfWay, 'after processing'],
    run: atMostOnce,
  },
  {
    name: 'at least once: process, then `commitSync()`',
    autoCommit: false,
    points: [beforePoll, unprocessed, halfWay, uncommitted, committed],
    run: (run) => processThenCommit(run, ({ value }) => run.effects.write(value ?? '')),
  },
  {
    name: 'auto-commit, records processed before the next poll',
    autoCommit: true,
    points: [beforePoll, unprocessed, halfWay, uncommitted, committed],
    run: autoCommit,
  },
  {
    name: 'auto-commit, handlers not awaited',
    autoCommit: true,
    points: [beforePoll, unprocessed, partlyUncommitted, partlyCommitted, committed],
    run: autoCommitUnawaited,
  },
  {
    name: 'at least once with `handleOnce()`',
    autoCommit: false,
    points: [beforePoll, unprocessed, halfWay, uncommitted, committed],
    run: (run) => processThenCommit(run, handleOnce({ store: run.effects, handle: ({ value }: Record, tx) => void tx.push(value ?? '') })),
  },
]
