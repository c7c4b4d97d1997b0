/** Our producer under full load while our broker is stopped: what its process takes, and what becomes of each record. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBrokerProcess } from '../../interop/harness/broker-process.ts'
import { temporaryDirectory } from '../../interop/harness/paths.ts'
import type { StartedProcess } from '../../interop/harness/process.ts'
import { assertClean } from '../workload/assert-clean.ts'
import { historyOf } from '../workload/history-of.ts'
import { type JournalEntry, monotonicMs, parseJournal } from '../workload/journal.ts'
import { readWithKcat } from '../workload/read-back.ts'
import { readTotals, resilientConfig, startSequenced } from './client-kind.ts'

export interface FrozenRun {
  readonly stopMs: number
  readonly bufferMemoryBytes: number
  readonly valueBytes: number
  /** Sends that are not settled at a time: more than there is memory for. */
  readonly window: number
  /** Of V8's old generation, in MiB: garbage has to go before it is full. */
  readonly maxHeapMiB: number
}

export interface FrozenOutcome {
  /** Resident memory of the client's process, at most, while the broker was stopped. */
  readonly stoppedRssBytes: number
  /** … before, with the broker at work. */
  readonly workingRssBytes: number
  readonly acknowledged: number
  /** Failed with a timeout that names them. */
  readonly timedOut: number
  /** For want of `buffer.memory`, those of `timedOut` which never got into a batch. */
  readonly withoutRoom: number
}

const PARTITIONS = 6
const topic = 'frozen'
const LOAD = 20_000
const PATIENCE_MS = 120_000

/** Throws AssertionError when a rule of the checker is broken, or a record fails with anything but a timeout that names it. */
export async function runFrozen(run: FrozenRun): Promise<FrozenOutcome> {
  await using scratch = await temporaryDirectory('frozen')
  await using broker = await startBrokerProcess({ args: ['--set', `num.partitions=${PARTITIONS}`] })
  const journalPath = join(scratch.path, 'journal')
  const nodeArgs = [`--max-old-space-size=${run.maxHeapMiB}`]
  await using client = await startSequenced('odradek', optionsOf(run, broker.bootstrapServers), journalPath, nodeArgs)
  const workingRssBytes = await mostRss(client, acknowledgedMore(client, LOAD))
  const fromMs = monotonicMs()
  process.kill(broker.pid, 'SIGSTOP')
  const stoppedRssBytes = await mostRss(client, sleep(run.stopMs))
  process.kill(broker.pid, 'SIGCONT')
  const toMs = monotonicMs()
  await acknowledgedMore(client, LOAD)
  client.child.stdin?.end()
  assert.equal(await client.exited, 0, client.stderr().slice(-2000))
  const entries = parseJournal(await readFile(journalPath, 'utf8'))
  const found = await readWithKcat(broker.bootstrapServers, topic, PARTITIONS)
  const troubles = [
    { timeMs: fromMs, fault: 'broker stopped', phase: 'start' },
    { timeMs: toMs, fault: 'broker stopped', phase: 'end' },
  ] as const
  const { acknowledged } = assertClean(
    'frozen',
    historyOf('frozen', [{ topic, producers: [{ client: 'odradek', entries }], found }], troubles),
  )
  const failed = entries.filter(({ kind }) => kind === 'failed')
  assertNamed(failed, entries)
  const withoutRoom = failed.filter(({ error }) => error.includes('buffer.memory')).length
  return { stoppedRssBytes, workingRssBytes, acknowledged, timedOut: failed.length, withoutRoom }
}

function optionsOf({ stopMs, bufferMemoryBytes, valueBytes, window }: FrozenRun, bootstrap: string) {
  // So that within the stop records time out on both ways: without room, and without an answer.
  const config = {
    ...resilientConfig.odradek,
    'buffer.memory': String(bufferMemoryBytes),
    'max.block.ms': String(Math.round(stopMs * 0.15)),
    'request.timeout.ms': String(Math.round(stopMs * 0.2)),
    'delivery.timeout.ms': String(Math.round(stopMs * 0.5)),
  }
  return { bootstrap, topic, client: 'odradek', partitions: PARTITIONS, count: 0, window, perSecond: 0, valueBytes, config }
}

/** Every record has an outcome, and the error of one that failed says which it was. */
function assertNamed(failed: readonly JournalEntry[], entries: readonly JournalEntry[]): void {
  assert.equal(entries.filter(({ kind }) => kind === 'sent').length, entries.filter(({ kind }) => kind !== 'sent').length)
  const wrong = failed.filter(({ name, error }) => {
    const [, partition, first = '', last = first] =
      /^TimeoutError: .* records? to frozen-(\d) \(keys? "odradek:(\d+)"(?: … "odradek:(\d+)")?\)/.exec(error) ?? []
    const number = Number(name.slice(name.indexOf(':') + 1))
    return !(Number(partition) === number % PARTITIONS && Number(first) <= number && number <= Number(last))
  })
  assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} of ${failed.length} failed in other words`)
}

async function acknowledgedMore(client: StartedProcess, count: number): Promise<void> {
  const wanted = readTotals(client).acknowledged + count
  const untilMs = performance.now() + PATIENCE_MS
  while (readTotals(client).acknowledged < wanted) {
    assert.ok(performance.now() < untilMs, `${JSON.stringify(readTotals(client))} ${client.stderr().slice(-2000)}`)
    await sleep(20)
  }
}

/** Until then. */
async function mostRss(client: StartedProcess, until: Promise<unknown>): Promise<number> {
  let isOver = false
  const over = until.finally(() => {
    isOver = true
  })
  let most = 0
  while (!isOver) {
    most = Math.max(most, await rssOf(client.pid))
    await Promise.race([over, sleep(50)])
  }
  await over
  return most
}

async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  assert.ok(kilobytes !== undefined, status)
  return Number(kilobytes) * 1024
}
