/** Two producers and a consumer group whose members come and go, all ours, recorded as one history. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from '@odradek/client'
import { type HistoryEvent, HistoryRecorder } from '@odradek/history'
import { monotonicMs } from './journal.ts'
import { RecordedMember } from './recorded-member.ts'
import { produceRecorded } from './recorded-producer.ts'

export interface GroupRunOptions {
  /** What the clients are given. */
  readonly bootstrap: string
  /** Where the end result is asked for. */
  readonly auditBootstrap: string
  readonly topic: string
  readonly partitions: number
  /** Of each of the two producers. */
  readonly records: number
  readonly perSecond: number
  /** Kafka's names. */
  readonly producerConfig: Readonly<Record<string, string>>
  readonly consumerConfig: Readonly<Record<string, string>>
}

export interface GroupRun {
  readonly events: readonly HistoryEvent[]
  /** Over time, not at a time. */
  readonly members: number
  readonly commits: number
  readonly refusedCommits: number
  /** Of polls. */
  readonly errors: readonly unknown[]
}

const CHANGE_EVERY_MS = 700
const PATIENCE_MS = 60_000

/** Runs until the group has seen all that was acknowledged; rejects when that takes over a minute. */
export async function runGroup(options: GroupRunOptions): Promise<GroupRun> {
  const events: HistoryEvent[] = []
  const recorder = new HistoryRecorder({ now: monotonicMs, write: (event) => void events.push(event), source: options.topic })
  recorder.topic({ topic: options.topic, partitions: options.partitions })
  const { bootstrap, topic, records: count, perSecond, producerConfig: config } = options
  const producing = ['producer-1', 'producer-2'].map((client) =>
    produceRecorded(recorder, { bootstrap, topic, client, count, perSecond, config }),
  )
  const group = new LivingGroup(recorder, options)
  group.begin()
  const acknowledged = (await Promise.all(producing)).flatMap((values) => [...values])
  await group.hasSeen(acknowledged)
  await group.end()
  await audit(recorder, options)
  const sum = (of: (member: RecordedMember) => number): number => group.members.reduce((total, member) => total + of(member), 0)
  return {
    events,
    members: group.members.length,
    commits: sum(({ commits }) => commits),
    refusedCommits: sum(({ refusedCommits }) => refusedCommits),
    errors: group.members.flatMap(({ errors }) => errors),
  }
}

/** Two to three members at a time; the eldest leaves, another joins. */
class LivingGroup {
  readonly members: RecordedMember[] = []
  readonly #recorder: HistoryRecorder
  readonly #options: GroupRunOptions
  readonly #seen = new Set<string>()
  readonly #present: RecordedMember[] = []
  readonly #running: Promise<void>[] = []
  readonly #failures: unknown[] = []
  #changing: Promise<void> = Promise.resolve()
  #isDone = false

  constructor(recorder: HistoryRecorder, options: GroupRunOptions) {
    this.#recorder = recorder
    this.#options = options
  }

  /** Two members join; from then on one joins or leaves every now and then. */
  begin(): void {
    this.#join()
    this.#join()
    this.#changing = this.#change()
  }

  /** Resolves when all these records have been given to some member. */
  async hasSeen(values: readonly string[]): Promise<void> {
    const untilMs = performance.now() + PATIENCE_MS
    const missing = new Set(values)
    while (missing.size > 0) {
      for (const value of missing) if (this.#seen.has(value)) missing.delete(value)
      if (this.#failures.length > 0) throw new AggregateError(this.#failures, 'a member ended')
      if (performance.now() > untilMs) throw new Error(`of ${values.length} acknowledged records the group was never given ${missing.size}`)
      await sleep(20)
    }
  }

  /** All leave. */
  async end(): Promise<void> {
    this.#isDone = true
    await this.#changing
    for (const member of this.#present) member.leave()
    await Promise.all(this.#running)
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, 'a member ended')
  }

  async #change(): Promise<void> {
    for (;;) {
      await sleep(CHANGE_EVERY_MS)
      if (this.#isDone) return
      if (this.#present.length < 3) this.#join()
      else this.#present.shift()?.leave()
    }
  }

  #join(): void {
    const { bootstrap, topic, consumerConfig } = this.#options
    const client = `member-${this.members.length + 1}`
    const options = { bootstrap, topic, client, group: `group of ${topic}`, config: { ...consumerConfig, 'auto.offset.reset': 'earliest' } }
    const member = new RecordedMember(this.#recorder, options, (value) => this.#seen.add(value))
    this.members.push(member)
    this.#present.push(member)
    this.#running.push(member.run().catch((error: unknown) => void this.#failures.push(error)))
  }
}

/** What the group has committed, and where the log ends. */
async function audit(recorder: HistoryRecorder, { auditBootstrap, topic, partitions }: GroupRunOptions): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers: auditBootstrap })
  const group = `group of ${topic}`
  const consumer = kafka.consumer({ groupId: group })
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  recorder.openAdmin({ client: 'auditor', process: 'auditor' })
  const committed = recorder.committed({ client: 'auditor', group })
  const offsets = await consumer.committed(all)
  committed.ok(offsets.map(({ partition, offset }) => ({ topic, partition, offset })))
  const bounds = recorder.bounds({ client: 'auditor', isolation: 'read_uncommitted' })
  const ends = await consumer.endOffsets(all)
  bounds.ok(ends.map(({ partition, offset }) => ({ topic, partition, end: offset })))
}
