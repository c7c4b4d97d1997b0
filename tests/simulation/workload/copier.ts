/** A program that reads, works and writes in transactions: each record of its input becomes one of its output, with the offsets it came from. */

import { type Consumer, type ConsumerRecord, KafkaError, type Producer, string, type TopicPartition } from '@odradek/client'
import { type PipelineSpec, placeOf, type ProducerSettings } from '../scenario.ts'
import type { Life } from '../stage/program.ts'
import type { Stage } from '../stage/stage.ts'
import { fetched as fetchedBy } from './fetched.ts'
import { describe, nameOf } from './producer.ts'

const CONSUMER = {
  requestTimeoutMs: 4000,
  defaultApiTimeoutMs: 8000,
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 1000,
  maxPollIntervalMs: 12_000,
  maxPollRecords: 20,
  autoOffsetReset: 'earliest',
  isolationLevel: 'read_committed',
  enableAutoCommit: false,
} as const
const PRODUCER: ProducerSettings = { requestTimeoutMs: 4000, deliveryTimeoutMs: 12_000, maxBlockMs: 8000, transactionTimeoutMs: 10_000 }
const POLL_MS = 700
const AWAY_MS = { min: 0, max: 8000 }
/** Of the transactions that might be committed, so many are aborted all the same. */
const ABORT_PROBABILITY = 0.15
/** So many are left without a record of output being awaited before the commit. */
const UNAWAITED_PROBABILITY = 0.5
const PADDING = '~'.repeat(30)

export function copy(stage: Stage, spec: PipelineSpec): (life: Life) => Promise<void> {
  return async (life) => {
    for (let stay = 1; stage.phase !== 'closing'; stay++) {
      await new Stay(stage, spec, life, `${life.name}.${stay}`).last()
      if (stage.phase === 'weather') await life.sleep(AWAY_MS)
    }
  }
}

/** One consumer, from joining to leaving, and as many producers as it takes. */
class Stay {
  readonly #stage: Stage
  readonly #spec: PipelineSpec
  readonly #life: Life
  readonly #client: string
  readonly #consumer: Consumer<string, string>
  #producer: Producer<string, string> | undefined
  #writer = ''
  #producers = 0
  #transactions = 0

  constructor(stage: Stage, spec: PipelineSpec, life: Life, client: string) {
    this.#stage = stage
    this.#spec = spec
    this.#life = life
    this.#client = client
    this.#consumer = life.kafka.consumer({ key: string, value: string, groupId: spec.group, ...CONSUMER })
  }

  async last(): Promise<void> {
    const { history } = this.#life
    const { group, input } = this.#spec
    const { sessionTimeoutMs } = CONSUMER
    const about = { client: this.#client, process: this.#life.name, group, sessionTimeoutMs }
    history.openConsumer({ ...about, isolation: CONSUMER.isolationLevel, reset: CONSUMER.autoOffsetReset })
    await this.#consumer.subscribe([input], {
      onAssigned: (partitions) => history.assigned({ client: this.#client, partitions: plain(partitions) }),
      onRevoked: (partitions) => history.revoked({ client: this.#client, partitions: plain(partitions) }),
      onLost: (partitions) => history.revoked({ client: this.#client, partitions: plain(partitions), lost: true }),
    })
    while (this.#stage.phase !== 'closing') {
      const order = this.#stage.orders.get(this.#life.host)
      this.#stage.orders.delete(this.#life.host)
      if (order === 'leave') break
      const records = await this.#poll()
      if (order === 'stall') await this.#life.sleep(CONSUMER.maxPollIntervalMs * (0.8 + this.#life.random.next()))
      if (records.length > 0 && !(await this.#process(records))) await this.#rewind()
    }
    history.close(this.#client)
    await this.#consumer.close()
    await this.#dropProducer()
  }

  async #poll(): Promise<ConsumerRecord<string, string>[]> {
    const polling = this.#life.history.poll({ client: this.#client })
    try {
      const records = await this.#consumer.poll(POLL_MS)
      if (this.#life.isAlive) polling.ok(fetchedBy(records))
      return records
    } catch (error) {
      if (!this.#life.isAlive) return []
      polling.fail(error)
      if (!(error instanceof KafkaError) || !error.retriable) this.#complain('poll', error)
      await this.#life.sleep(200)
      return []
    }
  }

  /** False when the records have to be read again, or may have to. */
  async #process(records: readonly ConsumerRecord<string, string>[]): Promise<boolean> {
    const producer = await this.#readyProducer()
    if (producer === undefined) return false
    const transaction = `${this.#writer}/${++this.#transactions}`
    const offsets = nextOffsets(records)
    try {
      producer.beginTransaction()
      const sent = records.map((record, index) => this.#send(producer, transaction, index, record))
      if (this.#life.random.next() >= UNAWAITED_PROBABILITY) await Promise.all(sent)
      if (this.#spec.workMs !== undefined && !this.#stage.isCalm) await this.#life.sleep(this.#spec.workMs)
      await this.#sendOffsets(producer, transaction, offsets)
    } catch (error) {
      await this.#abort(producer, transaction, error)
      return false
    }
    if (!this.#stage.isCalm && this.#life.random.next() < ABORT_PROBABILITY) {
      await this.#abort(producer, transaction, undefined)
      return false
    }
    if (!(await this.#commit(producer, transaction))) return false
    for (const next of offsets) this.#stage.hasRead(this.#spec.group, next, next.offset)
    return true
  }

  async #send(
    producer: Producer<string, string>,
    transaction: string,
    index: number,
    { value, key, partition }: ConsumerRecord<string, string>,
  ): Promise<void> {
    const { history } = this.#life
    const { output } = this.#spec
    const record = `${transaction}/${index}`
    const place = { topic: output, ...(key === null ? { partition: partition % 2 } : { key }) }
    const sending = history.send({ client: this.#writer, ...place, value: record, transaction, from: nameOf(value) })
    try {
      const placed = await producer.send({ ...place, value: record + PADDING })
      if (this.#life.isAlive) sending.ok(placed.partition, placed.offset)
    } catch (error) {
      // The transaction tells.
      if (this.#life.isAlive) sending.info(error)
    }
  }

  async #sendOffsets(
    producer: Producer<string, string>,
    transaction: string,
    offsets: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<void> {
    const { group } = this.#spec
    const committing = this.#life.history.sendOffsets({ client: this.#writer, transaction, group, offsets })
    try {
      await producer.sendOffsetsToTransaction(offsets, this.#consumer.groupMetadata())
      if (this.#life.isAlive) committing.ok()
    } catch (error) {
      if (this.#life.isAlive) committing.info(error)
      throw error
    }
  }

  async #commit(producer: Producer<string, string>, transaction: string): Promise<boolean> {
    const ending = this.#life.history.end({ client: this.#writer, transaction, commit: true })
    for (;;) {
      try {
        await producer.commitTransaction()
        if (this.#life.isAlive) ending.ok()
        return true
      } catch (error) {
        if (!this.#life.isAlive) return false
        if (error instanceof KafkaError && error.code === 'TIMEOUT' && /call it again/.test(error.message)) continue
        if (error instanceof KafkaError && error.fatal) {
          ending.info(error)
          await this.#dropProducer()
        } else {
          // Who may still abort has certainly not committed.
          ending.fail(error)
          await this.#abort(producer, transaction, error)
        }
        return false
      }
    }
  }

  async #abort(producer: Producer<string, string>, transaction: string, cause: unknown): Promise<void> {
    if (!this.#life.isAlive) return
    if (cause !== undefined && !(cause instanceof KafkaError)) this.#complain(transaction, cause)
    if (cause instanceof KafkaError && cause.fatal) return this.#dropProducer()
    const ending = this.#life.history.end({ client: this.#writer, transaction, commit: false })
    for (;;) {
      try {
        await producer.abortTransaction()
        if (this.#life.isAlive) ending.ok()
        return
      } catch (error) {
        if (!this.#life.isAlive) return
        if (error instanceof KafkaError && error.code === 'TIMEOUT') continue
        ending.info(error)
        if (!(error instanceof KafkaError) || !error.fatal) this.#complain(`abort of ${transaction}`, error)
        return this.#dropProducer()
      }
    }
  }

  /** Undefined when there is none to be had at present. */
  async #readyProducer(): Promise<Producer<string, string> | undefined> {
    if (this.#producer !== undefined) return this.#producer
    const { history, host, name, kafka } = this.#life
    const writer = `${this.#client}.w${++this.#producers}`
    const producer = kafka.producer({ key: string, value: string, ...PRODUCER, ...this.#spec.config, transactionalId: host })
    history.openProducer({ client: writer, process: name, acks: 'all', idempotent: true, transactionalId: host })
    const initialising = history.init({ client: writer })
    try {
      await producer.initTransactions()
    } catch (error) {
      if (!this.#life.isAlive) return undefined
      initialising.info(error)
      if (!(error instanceof KafkaError) || error.code !== 'TIMEOUT') this.#complain('initTransactions', error)
      history.close(writer)
      await producer.close()
      return undefined
    }
    if (!this.#life.isAlive) return undefined
    initialising.ok()
    this.#producer = producer
    this.#writer = writer
    return producer
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer
    if (producer === undefined) return
    this.#producer = undefined
    this.#life.history.close(this.#writer)
    await producer.close()
  }

  /** Back to what the group has committed, however the last transaction has ended. */
  async #rewind(): Promise<void> {
    const { history } = this.#life
    for (;;) {
      // Who may not have ended a transaction ends it by being ready again.
      if ((await this.#readyProducer()) === undefined && this.#life.isAlive) {
        if (this.#stage.phase === 'closing') return
        continue
      }
      if (!this.#life.isAlive) return
      try {
        const assigned = this.#consumer.assignment()
        const committed = assigned.length === 0 ? [] : await this.#consumer.committed(assigned)
        if (!this.#life.isAlive) return
        for (const place of assigned) {
          const offset = committed.find(({ topic, partition }) => topic === place.topic && partition === place.partition)?.offset ?? 0
          this.#consumer.seek({ ...place, offset })
          history.seek({ client: this.#client, ...place, offset })
          this.#stage.hasRead(this.#spec.group, place, offset)
        }
        return
      } catch (error) {
        if (!this.#life.isAlive) return
        if (!(error instanceof KafkaError) || !error.retriable) this.#complain('rewind', error)
      }
    }
  }

  #complain(what: string, error: unknown): void {
    this.#stage.violate('unexpected error', `${what} of ${this.#client}: ${describe(error)}`)
  }
}

function nextOffsets(records: readonly ConsumerRecord<string, string>[]): (TopicPartition & { readonly offset: number })[] {
  const next = new Map<string, TopicPartition & { readonly offset: number }>()
  for (const { topic, partition, offset } of records) next.set(placeOf({ topic, partition }), { topic, partition, offset: offset + 1 })
  return [...next.values()]
}

function plain(partitions: readonly TopicPartition[]): TopicPartition[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition }))
}
