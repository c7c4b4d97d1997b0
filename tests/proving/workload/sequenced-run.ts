/** A client's process that produces numbered records behind the fault proxy, whatever else befalls it and its brokers; judged when it is done. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryDirectory } from '../../interop/harness/paths.ts'
import type { StartedProcess } from '../../interop/harness/process.ts'
import { type ClientKind, readTotals, resilientConfig, startSequenced } from '../crash/client-kind.ts'
import type { FaultRule } from '../proxy/fault-rule.ts'
import { runWithFaults } from '../proxy/faulty-run.ts'
import { assertExactlyOnce } from './exactly-once.ts'
import type { Trouble } from './history-of.ts'
import { monotonicMs } from './journal.ts'
import { readWithKcat } from './read-back.ts'

/** Something that happens to the brokers meanwhile. */
export interface Blow {
  readonly name: string
  /** Resolves when it is over: what was killed serves again. */
  readonly strike: () => Promise<void>
}

export interface SequencedRun {
  readonly kind: ClientKind
  readonly bootstrapServers: string
  /** It must be there, or be made when it is first written to, and be empty. */
  readonly topic: string
  readonly partitions: number
  /** At least: with blows it goes on until the last one is over. */
  readonly count: number
  /** Default: as fast as it goes. */
  readonly perSecond?: number
  readonly rules: readonly FaultRule[]
  readonly seed: number
  /** Spread evenly over the records, one after the other. */
  readonly blows?: readonly Blow[]
  /** Brings brokers to rest once the client is done, before what is there is read. */
  readonly calm?: () => Promise<unknown>
  /** On top of `resilientConfig`, in the client's words. */
  readonly config?: Readonly<Record<string, string>>
}

const WINDOW = 4000
const PATIENCE_MS = 90_000

/** Throws AssertionError unless each record is there once and in order, and Error when a fault never fired. Prints figures, also of runs that fail. */
export async function assertSequenced(run: SequencedRun, print: (line: string) => void): Promise<void> {
  const { kind, bootstrapServers, topic, partitions, count, perSecond = 0, rules, seed, blows = [] } = run
  await using scratch = await temporaryDirectory('sequenced')
  const journalPath = join(scratch.path, 'journal')
  const troubles: Trouble[] = []
  const fromMs = performance.now()
  const sent = await runWithFaults({ bootstrapServers, rules, seed, print }, async (proxy) => {
    const config = { ...resilientConfig[kind], ...run.config }
    const options = {
      bootstrap: proxy.bootstrapServers,
      topic,
      client: kind,
      partitions,
      count: blows.length === 0 ? count : 0,
      window: WINDOW,
      perSecond,
      config,
    }
    await using client = await startSequenced(kind, options, journalPath)
    for (const [index, { name, strike }] of blows.entries()) {
      await acknowledged(client, (count * (index + 1)) / (blows.length + 1))
      troubles.push({ timeMs: monotonicMs(), fault: name, phase: 'start' })
      await strike()
      troubles.push({ timeMs: monotonicMs(), fault: name, phase: 'end' })
    }
    if (blows.length > 0) await acknowledged(client, count)
    client.child.stdin?.end()
    assert.equal(await client.exited, 0, client.stderr().slice(-2000))
    assert.equal(readTotals(client).isDone, true)
    return readTotals(client).sent
  })
  await run.calm?.()
  const seconds = (performance.now() - fromMs) / 1000
  assertExactlyOnce(await readFile(journalPath, 'utf8'), await readWithKcat(bootstrapServers, topic, partitions), sent, troubles)
  const struck = blows.length === 0 ? '' : `, ${tally(blows.map(({ name }) => name))}`
  print(`${sent} records of ${kind}, each there once and in order, in ${seconds.toFixed(1)} s${struck}`)
}

/** Rejects when the client ends, or gets on no more. */
async function acknowledged(client: StartedProcess, wanted: number): Promise<void> {
  let last = -1
  let lastMs = performance.now()
  for (;;) {
    const { acknowledged: now } = readTotals(client)
    if (now >= wanted) return
    if (now > last) lastMs = performance.now()
    last = now
    const isRunning = client.child.exitCode === null && client.child.signalCode === null
    const isStuck = performance.now() - lastMs > PATIENCE_MS
    assert.ok(
      isRunning && !isStuck,
      `the client ${isRunning ? 'is stuck' : 'has ended'} at ${now} of ${wanted}: ${client.stderr().slice(-2000)}`,
    )
    await sleep(20)
  }
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}
