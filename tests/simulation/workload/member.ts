/** A program that is a member of a group: polls, works, commits; stalls and leaves when it is told to. */

import { type Consumer, type ConsumerRecord, KafkaError, type RebalanceListener, string, type TopicPartition } from '@odradek/client'
import { type ConsumerSettings, type GroupSpec, placeOf } from '../scenario.ts'
import type { Life } from '../stage/program.ts'
import type { Stage } from '../stage/stage.ts'
import { fetched as fetchedBy } from '../../recorded/fetched.ts'
import { describe } from './producer.ts'
import { GivenBefore, watched } from './watched-assignor.ts'

const DEFAULTS = {
  requestTimeoutMs: 4000,
  defaultApiTimeoutMs: 8000,
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 1000,
  maxPollIntervalMs: 12_000,
  autoCommitIntervalMs: 1000,
  autoOffsetReset: 'earliest',
} satisfies ConsumerSettings
const POLL_MS = 700
const AWAY_MS = { min: 0, max: 8000 }
const COMMIT_PROBABILITY = 0.3
/** For how long what a closed or killed member had asked for may still be on its way: no link is stalled or slowed for longer. */
const STRAY_MS = 10_000

export function member(stage: Stage, spec: GroupSpec): (life: Life) => Promise<void> {
  let straysUntilMs = 0
  const ended = (): void => {
    straysUntilMs = stage.simulation.elapsedMs + STRAY_MS
  }
  return async (life) => {
    stage.simulation.onDeath(life.host, ended)
    for (let stay = 1; stage.phase !== 'closing'; stay++) {
      await new Stay(stage, spec, life, `${life.name}.${stay}`, straysUntilMs).last()
      ended()
      if (stage.phase === 'weather') await life.sleep(AWAY_MS)
    }
  }
}

/** One consumer, from joining to leaving. */
class Stay {
  readonly #stage: Stage
  readonly #spec: GroupSpec
  readonly #life: Life
  readonly #client: string
  readonly #config: typeof DEFAULTS & ConsumerSettings
  readonly #consumer: Consumer<string, string>
  /** Until then a join of the same instance's stay before may overtake this one's, and fence it. */
  readonly #straysUntilMs: number
  #isFenced = false
  /** Positions to commit, of the partitions that are held. */
  readonly #positions = new Map<string, TopicPartition & { readonly offset: number }>()

  constructor(stage: Stage, spec: GroupSpec, life: Life, client: string, straysUntilMs: number) {
    this.#stage = stage
    this.#straysUntilMs = straysUntilMs
    this.#spec = spec
    this.#life = life
    this.#client = client
    this.#config = Object.assign({}, DEFAULTS, spec.config)
    this.#consumer = life.kafka.consumer({
      key: string,
      value: string,
      groupId: spec.group,
      enableAutoCommit: spec.commit === 'auto',
      ...(spec.isStatic === true ? { groupInstanceId: life.host } : {}),
      ...this.#config,
      ...this.#assignors(),
    })
  }

  #assignors(): Pick<ConsumerSettings, 'assignors'> {
    const { assignors: lists } = this.#spec
    if (lists === undefined) return {}
    const names = lists[this.#life.random.int(lists.length)] ?? []
    const before = givenBefore(this.#stage)
    return { assignors: names.map((name) => watched(this.#stage, name, before)) }
  }

  async last(): Promise<void> {
    const { history } = this.#life
    history.openConsumer({
      client: this.#client,
      process: this.#life.name,
      group: this.#spec.group,
      isolation: this.#config.isolationLevel ?? 'read_uncommitted',
      reset: this.#config.autoOffsetReset,
      sessionTimeoutMs: this.#config.sessionTimeoutMs,
      autoCommit: this.#spec.commit === 'auto',
    })
    await this.#consumer.subscribe(this.#spec.topics, this.#listener())
    while (this.#stage.phase !== 'closing' && !this.#isFenced) {
      const order = this.#stage.orders.get(this.#life.host)
      this.#stage.orders.delete(this.#life.host)
      if (order === 'leave') break
      if (order === 'stall') await this.#life.sleep(this.#config.maxPollIntervalMs * (0.8 + this.#life.random.next()))
      await this.#round()
    }
    history.close(this.#client)
    await this.#consumer.close()
  }

  #listener(): RebalanceListener {
    const { history } = this.#life
    const forget = (partitions: readonly TopicPartition[]): void => {
      for (const partition of partitions) this.#positions.delete(placeOf(partition))
    }
    const followed = (partitions: readonly TopicPartition[]): TopicPartition[] =>
      plain(partitions.filter((each) => this.#stage.follows(each)))
    return {
      onAssigned: (partitions) => history.assigned({ client: this.#client, partitions: followed(partitions) }),
      onRevoked: async (partitions) => {
        if (this.#spec.commit !== 'auto' && this.#life.random.next() < 0.8) await this.#commit('sync')
        if (!this.#life.isAlive) return
        history.revoked({ client: this.#client, partitions: followed(partitions) })
        forget(partitions)
      },
      onLost: (partitions) => {
        history.revoked({ client: this.#client, partitions: followed(partitions), lost: true })
        forget(partitions)
      },
    }
  }

  async #round(): Promise<void> {
    const { history, random } = this.#life
    const polling = history.poll({ client: this.#client })
    let records: ConsumerRecord<string, string>[]
    try {
      records = await this.#consumer.poll(POLL_MS)
    } catch (error) {
      if (!this.#life.isAlive) return
      polling.fail(error)
      this.#isFenced = this.#isOvertaken(error)
      if (!this.#isFenced && !(error instanceof KafkaError && error.retriable))
        this.#stage.violate('unexpected error', `poll of ${this.#client}: ${describe(error)}`)
      await this.#life.sleep(200)
      return
    }
    if (!this.#life.isAlive) return
    const fetched = fetchedBy(records.filter((record) => this.#stage.follows(record)))
    polling.ok(fetched)
    for (const { topic, partition, offsets } of fetched) {
      const offset = (offsets.at(-1) ?? -1) + 1
      this.#positions.set(placeOf({ topic, partition }), { topic, partition, offset })
      this.#stage.hasRead(this.#spec.group, { topic, partition }, offset)
    }
    if (records.length > 0 && this.#spec.workMs !== undefined && !this.#stage.isCalm) await this.#life.sleep(this.#spec.workMs)
    if (this.#spec.commit === 'auto' || random.next() >= COMMIT_PROBABILITY) return
    const isSync = this.#spec.commit === 'sync' || (this.#spec.commit === 'mixed' && random.next() < 0.5)
    if (isSync) await this.#commit('sync')
    else void this.#commit('async')
  }

  #isOvertaken(error: unknown): boolean {
    return error instanceof KafkaError && error.code === 'FENCED_INSTANCE_ID' && this.#stage.simulation.elapsedMs < this.#straysUntilMs
  }

  async #commit(way: 'sync' | 'async'): Promise<void> {
    const offsets = [...this.#positions.values()]
    if (offsets.length === 0) return
    const { history } = this.#life
    const committing = history.commit({ client: this.#client, group: this.#spec.group, offsets })
    try {
      await (way === 'sync' ? this.#consumer.commitSync(offsets) : this.#consumer.commitAsync(offsets))
      if (this.#life.isAlive) committing.ok()
    } catch (error) {
      if (this.#life.isAlive) committing.info(error)
      if (!(error instanceof KafkaError)) this.#stage.violate('unexpected error', `commit of ${this.#client}: ${describe(error)}`)
    }
  }
}

const groups = new WeakMap<Stage, GivenBefore>()

/** Of all groups of a run: what a member was given it says with the topics in it. */
function givenBefore(stage: Stage): GivenBefore {
  const known = groups.get(stage) ?? new GivenBefore()
  groups.set(stage, known)
  return known
}

function plain(partitions: readonly TopicPartition[]): TopicPartition[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition }))
}
