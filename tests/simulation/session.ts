/** Owns many runs, one after the other: progress, totals, and whether every fault that a scenario has really struck. */

import { performance } from 'node:perf_hooks'
import type { HistoryEvent } from '@odradek/history'
import type { FaultName } from './faults/fault.ts'
import { type Outcome, run } from './run.ts'
import { scenarios } from './scenarios/index.ts'
import type { ScenarioOf } from './scenario.ts'

/** One run in so many is made twice and must be the same. */
const REPEAT_EVERY = 50
const PROGRESS_EVERY_MS = 10_000
/** With fewer runs of a scenario than this, it is no wonder that some fault did not come up. */
const ENOUGH_RUNS = 20

/** What a session keeps of a run. */
export type TalliedRun = Pick<Outcome, 'scenario' | 'strokes' | 'configured' | 'faults' | 'simulatedMs'>

interface Tally {
  runs: number
  readonly strokes: Map<string, number>
  readonly kinds: Map<string, number>
  readonly configured: Map<string, FaultName>
}

export class Session {
  readonly #print: (line: string) => void
  readonly #onHistory: (events: readonly HistoryEvent[]) => void
  readonly #startMs = performance.now()
  readonly #tallies = new Map<string, Tally>()
  readonly #faults = new Map<string, number>()
  #simulatedMs = 0
  #runs = 0
  #repeated = 0
  #printedMs = 0
  failures = 0

  /** `onHistory` gets the history of each run. */
  constructor(print: (line: string) => void, onHistory: (events: readonly HistoryEvent[]) => void = () => undefined) {
    this.#print = print
    this.#onHistory = onHistory
  }

  async run(firstSeed: number, count: number, scenario?: string): Promise<void> {
    const names = scenario === undefined ? Object.keys(scenarios) : [scenario]
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const name = names[seed % names.length] ?? ''
      const scenarioOf = scenarios[name]
      if (scenarioOf !== undefined) await this.#runOne(scenarioOf, seed)
    }
  }

  summarise(): void {
    for (const [name, tally] of this.#tallies) {
      const { runs } = tally
      const missing = neverStruck(tally)
      if (runs < ENOUGH_RUNS || missing.length === 0) continue
      this.failures++
      this.#print(`FAILED ${name}: faults that never struck in ${runs} runs: ${missing.join(', ')}`)
    }
    for (const [name, { runs, strokes }] of this.#tallies) this.#print(`${name}: ${runs} runs; ${listed(strokes)}`)
    this.#print(`faults: ${listed(this.#faults)}`)
    this.#print(this.#progress())
  }

  async #runOne(scenarioOf: ScenarioOf, seed: number): Promise<void> {
    const outcome = await run(scenarioOf, seed)
    this.tally(outcome)
    this.#onHistory(outcome.events)
    if (outcome.violations.length > 0) this.#fail(outcome)
    if (seed % REPEAT_EVERY === 0) {
      this.#repeated++
      const again = await run(scenarioOf, seed)
      this.#simulatedMs += again.simulatedMs
      if (again.traceHash !== outcome.traceHash) {
        this.#fail({ ...outcome, report: [`not the same again: ${outcome.traceHash}, then ${again.traceHash}`] })
      }
    }
    if (performance.now() - this.#startMs - this.#printedMs < PROGRESS_EVERY_MS) return
    this.#printedMs = performance.now() - this.#startMs
    this.#print(this.#progress())
  }

  /** Adds a run to the totals. */
  tally({ scenario: name, strokes, configured, faults, simulatedMs }: TalliedRun): void {
    const tally = this.#tallies.get(name) ?? {
      runs: 0,
      strokes: new Map<string, number>(),
      kinds: new Map<string, number>(),
      configured: new Map<string, FaultName>(),
    }
    this.#tallies.set(name, tally)
    tally.runs++
    for (const fault of configured) tally.configured.set(fault.name, fault)
    for (const [fault, count] of Object.entries(strokes)) tally.strokes.set(fault, (tally.strokes.get(fault) ?? 0) + count)
    for (const [kind, count] of Object.entries(faults)) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count)
      tally.kinds.set(kind, (tally.kinds.get(kind) ?? 0) + count)
    }
    this.#simulatedMs += simulatedMs
    this.#runs++
  }

  #fail({ scenario, seed, report }: Outcome): void {
    this.failures++
    this.#print(`FAILED npm run simulate -- --scenario ${scenario} --seed ${seed}`)
    for (const line of report) this.#print(`  ${line}`)
  }

  #progress(): string {
    const realMs = performance.now() - this.#startMs
    const hours = (this.#simulatedMs / 3_600_000).toFixed(2)
    const ratio = (this.#simulatedMs / realMs).toFixed(0)
    return `${this.#runs} runs (${this.#repeated} of them twice), ${this.failures} failed; ${hours} simulated hours in ${(realMs / 1000).toFixed(1)} s: ${ratio} to 1`
  }
}

/** Faults that were meant to strike and never did, or struck and never took effect. */
function neverStruck({ configured, strokes, kinds }: Tally): string[] {
  return [...configured.values()].filter((fault) => !hasStruck(fault)).map(({ name }) => name)

  function hasStruck({ name, kinds: expected }: FaultName): boolean {
    return expected.length === 0 ? strokes.has(name) : expected.every((kind) => kinds.has(kind))
  }
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}
