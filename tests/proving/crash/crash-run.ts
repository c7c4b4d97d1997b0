/** kill -9 of the broker, or of its clients, at seeded moments under load; what clients wrote down is then compared with what is there. */

import { RandomStream } from '@odradek/runtime/sim'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerProcess, startBrokerProcess } from '../../interop/harness/broker-process.ts'
import { temporaryDirectory } from '../../interop/harness/paths.ts'
import { monotonicMs } from '../workload/journal.ts'
import { type FoundPartition, readWithKcat } from '../workload/read-back.ts'
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
}

export interface ClientOutcome {
  readonly kind: ClientKind
  readonly topic: string
  /** By the name of the client; a client that was killed has successors. */
  readonly journals: ReadonlyMap<string, string>
  readonly found: readonly FoundPartition[]
}

export interface CrashOutcome {
  readonly partitions: number
  readonly clients: readonly ClientOutcome[]
  /** On the clock of the journals. */
  readonly killTimesMs: readonly number[]
  /** Of these, kills before the broker had said that it was ready. */
  readonly killsWhileStarting: number
  readonly clientKills: number
  /** From process start to serving, after each crash. */
  readonly startTimesMs: readonly number[]
}

const PARTITIONS = 6
const WINDOW = 1000
const ACKNOWLEDGEMENTS_BETWEEN = 200

/** Runs the plan; every client has finished and the broker is stopped when it resolves. Throws when a client is stuck or gives up. */
export async function runCrashes(plan: CrashPlan): Promise<CrashOutcome> {
  await using scratch = await temporaryDirectory('crashes')
  await using broker = await startBrokerProcess({ args: ['--set', `num.partitions=${PARTITIONS}`] })
  const clients = plan.clients.map((kind) => {
    const options = { kind, topic: `crash-${kind}`, bootstrap: broker.bootstrapServers, directory: scratch.path }
    return new LoadClient({ ...options, partitions: PARTITIONS, window: WINDOW, perSecond: plan.perSecond ?? 4000 })
  })
  try {
    await Promise.all(clients.map((client) => client.start()))
    const crashes = new Crashes(plan, broker, clients)
    await crashes.run()
    await Promise.all(clients.map((client) => client.finish()))
    return { partitions: PARTITIONS, clients: await readBack(broker.bootstrapServers, clients), ...crashes.figures }
  } finally {
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
  }
}

async function readBack(bootstrapServers: string, clients: readonly LoadClient[]): Promise<ClientOutcome[]> {
  const outcomes: ClientOutcome[] = []
  for (const client of clients) {
    const { kind, topic } = client
    outcomes.push({ kind, topic, journals: await client.journals(), found: await readWithKcat(bootstrapServers, topic, PARTITIONS) })
  }
  return outcomes
}

class Crashes {
  readonly #plan: CrashPlan
  readonly #broker: BrokerProcess
  readonly #clients: readonly LoadClient[]
  readonly #random: RandomStream
  readonly figures = { killTimesMs: [] as number[], killsWhileStarting: 0, clientKills: 0, startTimesMs: [] as number[] }

  constructor(plan: CrashPlan, broker: BrokerProcess, clients: readonly LoadClient[]) {
    this.#plan = plan
    this.#broker = broker
    this.#clients = clients
    this.#random = new RandomStream(plan.seed, 'crashes')
  }

  async run(): Promise<void> {
    const { killTimesMs, startTimesMs } = this.figures
    while (killTimesMs.length < this.#plan.kills) {
      await Promise.all(this.#clients.map((client) => client.awaitLoad(ACKNOWLEDGEMENTS_BETWEEN)))
      await sleep(this.#random.within({ min: 0, max: 300 }))
      killTimesMs.push(Number(monotonicMs()))
      await this.#broker.kill()
      await this.#crashClient()
      while (killTimesMs.length < this.#plan.kills && this.#random.chance(this.#plan.restartKills ?? 0.25)) {
        const wasReady = await this.#broker.restartAndKill(this.#random.within({ min: 50, max: 900 }))
        killTimesMs.push(Number(monotonicMs()))
        if (!wasReady) this.figures.killsWhileStarting += 1
      }
      await this.#broker.restart()
      startTimesMs.push(Math.round(this.#broker.startMs))
    }
    await Promise.all(this.#clients.map((client) => client.awaitLoad(ACKNOWLEDGEMENTS_BETWEEN)))
  }

  async #crashClient(): Promise<void> {
    if (!this.#random.chance(this.#plan.clientKills ?? 0)) return
    await this.#clients[this.#random.int(this.#clients.length)]?.crash()
    this.figures.clientKills += 1
  }
}
