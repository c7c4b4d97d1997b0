/** kill -9 of the broker, or of its clients, at seeded moments under load; what clients wrote down is then compared with what is there. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '@odradek/history'
import { RandomStream } from '@odradek/runtime/sim'
import { type BrokerProcess, startBrokerProcess } from '../../interop/harness/broker-process.ts'
import { temporaryDirectory } from '../../interop/harness/paths.ts'
import { assertClean } from '../workload/assert-clean.ts'
import { historyOf, type TopicStory, type Trouble } from '../workload/history-of.ts'
import { inFlightAt, monotonicMs } from '../workload/journal.ts'
import { readWithKcat } from '../workload/read-back.ts'
import type { ClientKind } from './client-kind.ts'
import { LoadClient } from './load-client.ts'

export interface CrashPlan {
  /** All at once, each with a topic of its own. */
  readonly clients: readonly ClientKind[]
  /** kill -9s of the broker in all. */
  readonly kills: number
  readonly seed: number
  /** How likely the broker is killed again while it starts. Default 0.25. */
  readonly restartKills?: number
  /** How likely one of the clients is killed with it. Default 0. */
  readonly clientKills?: number
  /** Records a second of each client. Default 4000. */
  readonly perSecond?: number
  /** Records of each client that may be under way. Default 1000. */
  readonly window?: number
}

export interface CrashOutcome {
  readonly counts: Verdict['counts']
  /** Records under way at each kill of the broker, of all clients together. */
  readonly inFlight: readonly number[]
  /** Kills of the broker before it had said that it was ready. */
  readonly killsWhileStarting: number
  readonly clientKills: number
  /** From process start to serving, after each crash. */
  readonly startTimesMs: readonly number[]
}

const PARTITIONS = 6
const ACKNOWLEDGEMENTS_BETWEEN = 200

/** Runs the plan and checks its history. Throws when a client is stuck or gives up, and when a rule of the checker is broken. */
export async function runCrashes(plan: CrashPlan): Promise<CrashOutcome> {
  await using scratch = await temporaryDirectory('crashes')
  await using broker = await startBrokerProcess({ args: ['--set', `num.partitions=${PARTITIONS}`] })
  const clients = plan.clients.map((kind) => {
    const options = { kind, topic: `crash-${kind}`, bootstrap: broker.bootstrapServers, directory: scratch.path }
    return new LoadClient({ ...options, partitions: PARTITIONS, window: plan.window ?? 1000, perSecond: plan.perSecond ?? 4000 })
  })
  try {
    await Promise.all(clients.map((client) => client.start()))
    const crashes = new Crashes(plan, broker, clients)
    await crashes.run()
    await Promise.all(clients.map((client) => client.finish()))
    const stories = await readBack(broker.bootstrapServers, clients)
    const name = `crashes of seed ${plan.seed}`
    const counts = assertClean(name, historyOf(name, stories, crashes.troubles))
    const entries = stories.flatMap(({ producers }) => producers.flatMap((producer) => producer.entries))
    return { counts, inFlight: inFlightAt(entries, crashes.killTimesMs), ...crashes.figures }
  } finally {
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
  }
}

async function readBack(bootstrapServers: string, clients: readonly LoadClient[]): Promise<TopicStory[]> {
  const stories: TopicStory[] = []
  for (const client of clients) {
    const found = await readWithKcat(bootstrapServers, client.topic, PARTITIONS)
    stories.push({ topic: client.topic, producers: await client.lives(), found })
  }
  return stories
}

class Crashes {
  readonly #plan: CrashPlan
  readonly #broker: BrokerProcess
  readonly #clients: readonly LoadClient[]
  readonly #random: RandomStream
  readonly killTimesMs: number[] = []
  readonly troubles: Trouble[] = []
  readonly figures = { killsWhileStarting: 0, clientKills: 0, startTimesMs: [] as number[] }

  constructor(plan: CrashPlan, broker: BrokerProcess, clients: readonly LoadClient[]) {
    this.#plan = plan
    this.#broker = broker
    this.#clients = clients
    this.#random = new RandomStream(plan.seed, 'crashes')
  }

  async run(): Promise<void> {
    while (this.#isDue()) {
      await this.#awaitLoad()
      await sleep(this.#random.within({ min: 0, max: 300 }))
      this.#note('start')
      await this.#broker.kill()
      await this.#crashClient()
      while (this.#isDue() && this.#random.chance(this.#plan.restartKills ?? 0.25)) await this.#killWhileStarting()
      await this.#broker.restart()
      this.troubles.push({ timeMs: monotonicMs(), fault: 'broker down', phase: 'end' })
      this.figures.startTimesMs.push(Math.round(this.#broker.startMs))
    }
    await this.#awaitLoad()
  }

  #isDue(): boolean {
    return this.killTimesMs.length < this.#plan.kills
  }

  async #awaitLoad(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.awaitLoad(ACKNOWLEDGEMENTS_BETWEEN)))
  }

  #note(phase: 'start' | 'once'): void {
    const timeMs = monotonicMs()
    this.killTimesMs.push(timeMs)
    this.troubles.push({ timeMs, fault: 'broker down', phase })
  }

  async #killWhileStarting(): Promise<void> {
    const wasReady = await this.#broker.restartAndKill(this.#random.within({ min: 20, max: 250 }))
    this.#note('once')
    if (!wasReady) this.figures.killsWhileStarting += 1
  }

  async #crashClient(): Promise<void> {
    if (!this.#random.chance(this.#plan.clientKills ?? 0)) return
    await this.#clients[this.#random.int(this.#clients.length)]?.crash()
    this.figures.clientKills += 1
  }
}

/** For people: what happened, in figures. */
export function describeCrashes({ counts, inFlight, killsWhileStarting, clientKills, startTimesMs }: CrashOutcome): string {
  return [
    `${inFlight.length} kills of the broker, ${killsWhileStarting} of them while it started, ${clientKills} of clients`,
    `${counts.sent} sent, ${counts.acknowledged} acknowledged, ${counts.read} there`,
    `in flight at the kills ${inFlight.join(', ')}`,
    `started again in ${Math.min(...startTimesMs)} to ${Math.max(...startTimesMs)} ms`,
  ].join('; ')
}
