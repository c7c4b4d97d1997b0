/** Owns the world of one run: the simulation, the broker, the programs, what has been read so far, and what has gone wrong. */

import type { TopicPartition } from '@odradek/client'
import { type HistoryEvent, HistoryRecorder } from '@odradek/history'
import { type NetworkFaults, RandomStream, type Simulation } from '@odradek/runtime/sim'
import { placeOf, type Scenario } from '../scenario.ts'
import { BOOTSTRAP, BROKER, BrokerHost } from './broker-host.ts'
import { type Life, Program } from './program.ts'

/** A promise that was not kept. */
export interface Violation {
  readonly rule: string
  readonly message: string
  /** What it was seen by. */
  readonly events: readonly HistoryEvent[]
}

/** `weather`: faults strike. `calm`: all is mended and everything comes to its end. `closing`: consumers leave. */
export type Phase = 'weather' | 'calm' | 'closing'

/** What a member of a group is told by faults. */
export type Order = 'stall' | 'leave'

const MANY_BYTES = 2 ** 40
const EVENTS_BEFORE = 12
export const TRACE_LINES = 25

export class Stage {
  readonly simulation: Simulation
  readonly scenario: Scenario
  readonly history: HistoryRecorder
  readonly events: HistoryEvent[] = []
  readonly broker: BrokerHost
  readonly random: RandomStream
  readonly programs: Program[] = []
  readonly members: Program[] = []
  readonly producers: Program[] = []
  readonly orders: Map<string, Order> = new Map()
  readonly violations: Violation[] = []
  /** Strokes of each fault by its name. */
  readonly strokes: Map<string, number> = new Map()
  /** By group and partition, one past the last record that any member was given. */
  readonly #read = new Map<string, Map<string, number>>()
  phase: Phase = 'weather'
  /** The simulator's last events before the first violation that was seen as it happened. */
  trace: readonly string[] | undefined

  constructor(simulation: Simulation, scenario: Scenario) {
    this.simulation = simulation
    this.scenario = scenario
    this.history = new HistoryRecorder({
      now: () => simulation.elapsedMs,
      write: (event) => void this.events.push(event),
      source: `simulate --scenario ${scenario.name} --seed ${simulation.seed}`,
    })
    this.random = new RandomStream(simulation.seed, 'stage')
    this.broker = new BrokerHost({
      simulation,
      nodes: scenario.nodes ?? 1,
      topics: scenario.topics,
      config: scenario.config ?? {},
      random: new RandomStream(simulation.seed, 'broker-host'),
      onDeath: () => this.history.faultOnce('broker down'),
      onStart: () => this.history.faultOnce('broker up'),
    })
  }

  get isCalm(): boolean {
    return this.phase !== 'weather'
  }

  /** Whether the history follows this topic. */
  follows({ topic }: { readonly topic: string }): boolean {
    return topic in this.scenario.topics
  }

  program(host: string, main: (life: Life) => Promise<void>): Program {
    const { simulation, history } = this
    const program = new Program({ simulation, history, host, bootstrapServers: BOOTSTRAP, main })
    this.programs.push(program)
    return program
  }

  violate(rule: string, message: string): void {
    const before = this.events.slice(-EVENTS_BEFORE)
    this.violations.push({ rule, message, events: before })
    this.trace ??= this.simulation.trace.lines().slice(-TRACE_LINES)
  }

  hasRead(group: string, partition: TopicPartition, nextOffset: number): void {
    const places = this.#read.get(group) ?? new Map<string, number>()
    this.#read.set(group, places)
    const place = placeOf(partition)
    places.set(place, Math.max(nextOffset, places.get(place) ?? 0))
  }

  readUpTo(group: string, partition: TopicPartition): number {
    return this.#read.get(group)?.get(placeOf(partition)) ?? 0
  }

  /** Ends whatever faults have left behind. */
  heal(): void {
    const { network } = this.simulation
    this.simulation.killAfter(BROKER, Number.POSITIVE_INFINITY)
    network.setFaults(noFaults)
    network.acceptConnections(BROKER)
    for (const { host } of this.programs) {
      network.heal(host, BROKER)
      network.slow(host, BROKER, 0)
    }
    const disk = this.simulation.disk(BROKER)
    disk.disarm()
    disk.slowSyncs(0)
    disk.setFaults({ writeFailed: 0, syncFailed: 0, syncSlowed: 0 })
    disk.setCapacity(MANY_BYTES)
    this.orders.clear()
  }
}

const noFaults: Partial<NetworkFaults> = {
  nameLookupFailed: 0,
  connectRefused: 0,
  connectTimedOut: 0,
  cut: 0,
  halfOpen: 0,
  responseLost: 0,
  stalled: 0,
  slowed: 0,
}
