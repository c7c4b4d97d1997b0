/** A pipeline whose instances and broker are killed at seeded moments until it has copied all its input; who reads its output finds each input once. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, Kafka } from '@odradek/client'
import { type HistoryEvent, HistoryRecorder, type Isolation } from '@odradek/history'
import { RandomStream } from '@odradek/runtime/sim'
import { assertClean, keepHistory } from '../workload/assert-clean.ts'
import { readerEvents, type TimedEvent } from '../workload/history-of.ts'
import { monotonicMs } from '../workload/journal.ts'
import { type ReadPartition, readWithJava, readWithKcat, readWithOdradek } from '../workload/read-back.ts'
import type { Blow } from '../workload/sequenced-run.ts'
import { merged } from './history-files.ts'
import { type Instance, OdradekInstance } from './instance.ts'
import { type TransactionsHit, transactionsHit } from './open-transactions.ts'
import { assertEachOnce, type PipelineTopics, writeInput } from './records.ts'

export interface PipelineRun extends PipelineTopics {
  /** For people, and for the file of a history that breaks a rule. */
  readonly name: string
  readonly bootstrapServers: string
  readonly instances: readonly Instance[]
  /** kill -9s of instances in all. */
  readonly instanceKills: number
  /** Each kills the broker and has it back; dealt out among the others by the seed. */
  readonly brokerKills: readonly Blow[]
  readonly seed: number
}

export interface PipelineOutcome {
  readonly seconds: number
  /** As the broker said right after kills of instances: their transactions that were left open. */
  readonly leftOpen: number
  /** … right before kills of the broker: the transactions that were open, in all. */
  readonly openAtBrokerKills: number
  /** In the output, and read by nobody under read_committed. */
  readonly aborted: number
  /** By the history; instances in Java write none. */
  readonly hit: readonly TransactionsHit[]
}

const BROKER_DOWN = 'broker killed'
const PATIENCE_MS = 120_000
const AIM_MS = 10_000

/** Throws AssertionError when a record is missing or there twice, a rule of the checker is broken, an instance gives up or nothing moves any more. */
export async function runPipeline(run: PipelineRun): Promise<PipelineOutcome> {
  await using kafka = new Kafka({ bootstrapServers: run.bootstrapServers, logger: { warn: () => undefined } })
  const events: HistoryEvent[] = []
  const recorder = new HistoryRecorder({ now: monotonicMs, write: (event) => void events.push(event) })
  await writeInput(kafka, recorder, run)
  const fromMs = performance.now()
  try {
    await Promise.all(run.instances.map((instance) => instance.start()))
    const struck = new Kills(run, recorder, kafka.admin())
    await struck.run()
    await struck.reached(run.records)
    await Promise.all(run.instances.map((instance) => instance.finish()))
    const seconds = (performance.now() - fromMs) / 1000
    const aborted = await readOutput(run, events)
    const history = await historyOf(run, events)
    // Instances in Java write none.
    const isRecorded = run.instances.every((instance) => instance instanceof OdradekInstance)
    if (isRecorded) assertClean(run.name, history)
    const { leftOpen, openAtBrokerKills } = struck
    return { seconds, leftOpen, openAtBrokerKills, aborted, hit: isRecorded ? transactionsHit(history, BROKER_DOWN) : [] }
  } catch (error) {
    keepHistory(run.name, await historyOf(run, events))
    throw error
  } finally {
    await Promise.all(run.instances.map((instance) => instance[Symbol.asyncDispose]()))
  }
}

/** For people: what happened, in figures. */
export function describePipeline({ records, instances, instanceKills, brokerKills }: PipelineRun, outcome: PipelineOutcome): string {
  const { seconds, leftOpen, openAtBrokerKills, aborted, hit } = outcome
  const restarts = instances.reduce((total, each) => total + each.restarts, 0)
  const sum = (of: (each: TransactionsHit) => number): number => hit.reduce((total, each) => total + of(each), 0)
  const written = `${sum(({ open }) => open)} transactions with records and ${sum(({ ending }) => ending)} about to end`
  return [
    `${records} records through ${instances.length} instances in ${seconds.toFixed(1)} s, each there once`,
    `instances killed ${instanceKills} times, ${leftOpen} of them in a transaction`,
    `the broker killed ${brokerKills.length} times, with ${openAtBrokerKills} transactions open`,
    ...(hit.length === 0 ? [] : [`by the history the kills hit ${written}`]),
    `${aborted} records of output aborted`,
    ...(restarts === 0 ? [] : [`${restarts} instances ended as their producers were fenced, and were started again`]),
  ].join('; ')
}

class Kills {
  readonly #run: PipelineRun
  readonly #recorder: HistoryRecorder
  readonly #admin: Admin
  readonly #random: RandomStream
  leftOpen = 0
  openAtBrokerKills = 0

  constructor(run: PipelineRun, recorder: HistoryRecorder, admin: Admin) {
    this.#run = run
    this.#recorder = recorder
    this.#admin = admin
    this.#random = new RandomStream(run.seed, 'pipeline')
  }

  /** All of them, spread over the input. */
  async run(): Promise<void> {
    const { records, instanceKills, brokerKills } = this.#run
    const order: (Blow | undefined)[] = [...brokerKills, ...Array.from({ length: instanceKills }, () => undefined)]
    const total = order.length
    for (let struck = 0; struck < total; struck++) {
      await this.reached(Math.floor((records * (struck + 1)) / (total + 2)))
      await sleep(this.#random.within({ min: 0, max: 200 }))
      const [blow] = order.splice(this.#random.int(order.length), 1)
      await (blow === undefined ? this.#killInstance() : this.#killBroker(blow))
    }
  }

  /** Resolves once the group has committed so many records of input. */
  async reached(wanted: number): Promise<void> {
    let last = -1
    for (let untilMs = 0; ; await sleep(50)) {
      const committed = await this.#committed()
      if (committed >= wanted) return
      if (committed > last) untilMs = performance.now() + PATIENCE_MS
      last = Math.max(last, committed)
      for (const instance of this.#run.instances) await instance.lookAfter()
      if (performance.now() > untilMs) assert.fail(`nothing moves any more at ${last} of ${wanted}:\n${await this.#situation()}`)
    }
  }

  async #situation(): Promise<string> {
    const { group, instances } = this.#run
    const offsets = await this.#admin.listGroupOffsets(group)
    const said = instances.map(
      ({ transactionalId, process }) => `${transactionalId}: ${process.stdout().slice(-100)}${process.stderr().slice(-500)}`,
    )
    const asked = [
      await this.#admin.describeGroups([group]),
      await this.#admin.listTransactions(),
      offsets.map(({ partition, offset }) => [partition, offset]),
    ]
    return [...asked.map((each) => JSON.stringify(each)), ...said].join('\n')
  }

  async #committed(): Promise<number> {
    const offsets = await this.#admin.listGroupOffsets(this.#run.group)
    return offsets.reduce((sum, { offset }) => sum + offset, 0)
  }

  async #killInstance(): Promise<void> {
    const running = this.#run.instances.filter(({ isRunning }) => isRunning)
    const victim = running[this.#random.int(running.length)]
    assert.ok(victim !== undefined, 'there is no instance to be killed')
    const isItsOwn = (id: string): boolean => id === victim.transactionalId
    await this.#aim(isItsOwn)
    await victim.kill()
    if (victim instanceof OdradekInstance) this.#recorder.crash(victim.life)
    if ((await this.#open()).some(isItsOwn)) this.leftOpen += 1
    await victim.start()
  }

  async #killBroker({ strike }: Blow): Promise<void> {
    this.openAtBrokerKills += await this.#aim(() => true)
    const over = this.#recorder.fault(BROKER_DOWN)
    await strike()
    over()
  }

  /**
   * The first kills, and half of the others, wait until such a transaction is open; the others come when they come. Resolves to how many were
   * open a moment ago.
   */
  async #aim(isWanted: (transactionalId: string) => boolean): Promise<number> {
    const waits = this.#random.chance(0.5) || this.leftOpen === 0 || this.openAtBrokerKills === 0
    for (const untilMs = performance.now() + AIM_MS; ; await sleep(1)) {
      const open = (await this.#open()).filter(isWanted)
      if (open.length > 0 || !waits || performance.now() > untilMs) return open.length
    }
  }

  async #open(): Promise<string[]> {
    const listed = await this.#admin.listTransactions({ states: ['Ongoing'] })
    return listed.map(({ transactionalId }) => transactionalId)
  }
}

/** Each input is there once, whoever reads; returns how many records were aborted. What was found goes into the history. */
async function readOutput({ bootstrapServers, output, outputPartitions, records }: PipelineRun, events: HistoryEvent[]): Promise<number> {
  const [topic, isolation] = [output, 'read_committed'] as const
  const found = async (read: typeof readWithJava, how: Isolation): Promise<ReadPartition[]> =>
    await read(bootstrapServers, output, outputPartitions, how)
  const [java, ours, librdkafka, all] = await Promise.all([
    found(readWithJava, isolation),
    found(readWithOdradek, isolation),
    found(readWithKcat, isolation),
    found(readWithKcat, 'read_uncommitted'),
  ])
  for (const [client, partitions] of Object.entries({ ours, java, librdkafka })) assertEachOnce(client, partitions, records)
  let lastId = events.reduce((last, event) => ('id' in event ? Math.max(last, event.id) : last), 0)
  const readers = Object.entries({ ours, java, librdkafka }).flatMap(([client, partitions]): TimedEvent[] =>
    readerEvents({ topic, found: partitions, client, isolation }, monotonicMs(), () => ++lastId),
  )
  events.push(...readers)
  const count = (partitions: readonly ReadPartition[]): number => partitions.reduce((sum, { offsets }) => sum + offsets.length, 0)
  return count(all) - records
}

async function historyOf({ name, instances }: PipelineRun, events: readonly HistoryEvent[]): Promise<HistoryEvent[]> {
  const ours = instances.filter((instance) => instance instanceof OdradekInstance)
  const histories = await Promise.all(ours.map((instance) => instance.histories()))
  return merged(name, [events, ...histories.flat()])
}
