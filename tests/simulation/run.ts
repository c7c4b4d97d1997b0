/** Owns one run: a scenario and a seed, from an empty disk to the verdict. */

import type { HistoryEvent } from '@odradek/history'
import { createSimulation, type FaultKind, RandomStream } from '@odradek/runtime/sim'
import type { FaultName } from './faults/fault.ts'
import { chances } from './faults/network-faults.ts'
import { judge } from './judge.ts'
import { pickFrom } from './pick.ts'
import type { Scenario, ScenarioOf } from './scenario.ts'
import { BROKER } from './stage/broker-host.ts'
import type { Life, Program } from './stage/program.ts'
import { Stage, TRACE_LINES, type Violation } from './stage/stage.ts'
import { Auditor } from './workload/auditor.ts'
import { copy } from './workload/copier.ts'
import { describe, produce } from './workload/producer.ts'
import { member } from './workload/member.ts'
import { read } from './workload/reader.ts'

export interface Outcome {
  readonly scenario: string
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly traceHash: string
  readonly simulatedMs: number
  /** Faults that took effect, as the simulator counts them. */
  readonly faults: Partial<Record<FaultKind, number>>
  /** What the scenario means to go wrong. */
  readonly configured: readonly FaultName[]
  /** Strokes of the scenario's faults, by name. */
  readonly strokes: Readonly<Record<string, number>>
  readonly events: readonly HistoryEvent[]
  /** For people: the last of what happened. Empty when all is well. */
  readonly report: readonly string[]
}

const DEFAULT_CALM_MS = 120_000
const LIMIT_MS = 3_600_000
const VIOLATIONS_SHOWN = 6
const EVENT_CHARACTERS = 300

/** Thrown when something does not come to its end. */
class StuckError extends Error {}

export async function run(scenarioOf: ScenarioOf, seed: number): Promise<Outcome> {
  const scenario = scenarioOf(pickFrom(new RandomStream(seed, 'scenario')))
  const simulation = createSimulation({ seed, traceCapacity: 2000 })
  const stage = new Stage(simulation, scenario)
  const onRejection = (reason: unknown): void => stage.violate('unhandled rejection', describe(reason))
  process.on('unhandledRejection', onRejection)
  try {
    await simulation.run(() => play(stage), { limitMs: LIMIT_MS })
  } catch (error) {
    stage.violate(error instanceof StuckError ? 'stuck' : 'uncaught exception', describe(error))
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  stage.violations.push(...judge(stage))
  return {
    scenario: scenario.name,
    seed,
    violations: stage.violations,
    traceHash: simulation.trace.hash(),
    simulatedMs: simulation.elapsedMs,
    faults: simulation.faults.all(),
    configured: [...scenario.faults, ...chances(scenario.network ?? {})],
    strokes: Object.fromEntries(stage.strokes),
    events: stage.events,
    report: stage.violations.length === 0 ? [] : reportOf(stage),
  }
}

async function play(stage: Stage): Promise<void> {
  const { scenario, broker, history } = stage
  for (const [topic, { partitions, grownTo }] of Object.entries(scenario.topics))
    history.topic({ topic, partitions: grownTo ?? partitions })
  for (const { group, input, output } of scenario.pipelines ?? []) history.pipeline({ group, input, output })
  broker.start()
  await broker.serving()
  populate(stage)
  const endWeather = history.fault('weather')
  await rage(stage)
  stage.heal()
  if (scenario.restartsAfterwards === true) stage.simulation.kill(BROKER)
  await within(stage, 'the broker serves', broker.serving())
  endWeather()
  stage.phase = 'calm'
  await allDone(stage, stage.producers)
  await audit(stage)
}

function populate(stage: Stage): void {
  const { scenario } = stage
  for (const [index, spec] of scenario.producers.entries()) {
    for (let number = 1; number <= (spec.count ?? 1); number++) {
      stage.producers.push(stage.program(`producer-${index + 1}-${number}`, produce(stage, spec)))
    }
  }
  for (const spec of scenario.groups ?? []) {
    for (let number = 1; number <= spec.members; number++) {
      stage.members.push(stage.program(`${spec.group}-${number}`, member(stage, spec)))
    }
  }
  for (const spec of scenario.pipelines ?? []) {
    for (let number = 1; number <= spec.instances; number++) {
      stage.members.push(stage.program(`${spec.group}-${number}`, copy(stage, spec)))
    }
  }
  for (const [index, spec] of (scenario.readers ?? []).entries()) {
    for (let number = 1; number <= spec.count; number++) stage.program(`reader-${index + 1}-${number}`, read(stage, spec))
  }
  for (const [host, main] of Object.entries(scenario.programs ?? {})) stage.program(host, main(stage))
  for (const program of stage.programs) program.start()
}

/** One fault after another, sometimes several at a time, until the weather is over. */
async function rage(stage: Stage): Promise<void> {
  const { simulation, scenario, random } = stage
  const underWay = new Set<Promise<void>>()
  if (scenario.network !== undefined) simulation.network.setFaults(scenario.network)
  const endMs = simulation.elapsedMs + scenario.weatherMs
  for (;;) {
    await simulation.sleep(random.within(scenario.faultEveryMs))
    if (simulation.elapsedMs >= endMs) break
    const fault = scenario.faults[random.int(scenario.faults.length)]
    if (fault === undefined) continue
    const stroke = fault.strike(stage, random).then((hasStruck) => {
      if (hasStruck) stage.strokes.set(fault.name, (stage.strokes.get(fault.name) ?? 0) + 1)
    })
    underWay.add(stroke)
    void stroke.finally(() => underWay.delete(stroke))
  }
  await Promise.all(underWay)
}

async function audit(stage: Stage): Promise<void> {
  const { scenario } = stage
  const groups = [...(scenario.groups ?? []), ...(scenario.pipelines ?? []).map(({ group, input }) => ({ group, topics: [input] }))]
  const auditing = stage.program('auditor', async (life: Life) => {
    const auditor = new Auditor(life, 'read_uncommitted')
    auditor.open()
    const ends = await auditor.ends(await auditor.partitions(Object.keys(scenario.topics)))
    for (const { group, topics } of groups) {
      for (const end of ends.filter(({ topic }) => topics.includes(topic))) {
        await within(stage, `${group} reads ${end.topic}-${end.partition} up to ${end.offset}`, readUpTo(stage, life, group, end))
      }
    }
    stage.phase = 'closing'
    await allDone(
      stage,
      stage.programs.filter((program) => program !== auditing),
    )
    await auditor.read(ends)
    if (scenario.pipelines !== undefined) await auditCommitted(life, scenario)
    for (const { group, topics } of groups)
      await auditor.committed(
        group,
        ends.filter(({ topic }) => topics.includes(topic)),
      )
    await auditor.close()
  })
  auditing.start()
  await auditing.done
}

/** What transactions have left: nothing is open any more, and the rest is read as those read it who want it exactly once. */
async function auditCommitted(life: Life, { topics }: Scenario): Promise<void> {
  const auditor = new Auditor(life, 'read_committed')
  auditor.open()
  await auditor.read(await auditor.ends(await auditor.partitions(Object.keys(topics))))
  await auditor.close()
}

async function readUpTo(stage: Stage, life: Life, group: string, end: { topic: string; partition: number; offset: number }): Promise<void> {
  while (stage.readUpTo(group, end) < end.offset) await life.sleep(200)
}

async function allDone(stage: Stage, programs: readonly Program[]): Promise<void> {
  for (const program of programs) await within(stage, `${program.host} comes to its end`, program.done)
}

async function within<T>(stage: Stage, what: string, promise: Promise<T>): Promise<T> {
  const calmMs = stage.scenario.calmMs ?? DEFAULT_CALM_MS
  const late = stage.simulation.sleep(calmMs).then((): never => {
    throw new StuckError(`not within ${calmMs / 1000} s of calm: ${what}`)
  })
  late.catch(() => undefined)
  return Promise.race([promise, late])
}

function reportOf({ simulation, violations, trace, broker }: Stage): string[] {
  return [
    ...violations
      .slice(0, VIOLATIONS_SHOWN)
      .flatMap(({ rule, message, events }) => [
        `${rule}: ${message}`,
        ...events.map((event) => `  ${JSON.stringify(event).slice(0, EVENT_CHARACTERS)}`),
      ]),
    ...(violations.length > VIOLATIONS_SHOWN ? [`and ${violations.length - VIOLATIONS_SHOWN} more`] : []),
    'the last events of the simulator:',
    ...(trace ?? simulation.trace.lines().slice(-TRACE_LINES)).map((line) => `  ${line}`),
    'what the broker said last:',
    ...broker.lines.map((line) => `  ${line}`),
  ]
}
