/** A consumer and a transactional producer that make one record of output of each of input, with all that they do in a history. */

import {
  type CommonConfig,
  type Consumer,
  type ConsumerConfig,
  type ConsumerRecord,
  type Kafka,
  KafkaError,
  type Producer,
  type ProducerOptions,
  string,
  type TopicPartition,
  type TopicPartitionOffset,
} from '@odradek/client'
import type { HistoryRecorder } from '@odradek/history'
import { fetched } from './fetched.ts'
import { nameOf } from './record-name.ts'

export interface CopierOptions {
  readonly group: string
  readonly input: string
  readonly output: string
  /** Records without a key go to the partition of their input, modulo this. */
  readonly outputPartitions: number
  /** Unique in the history; with it names of producers and transactions begin. */
  readonly client: string
  readonly process: string
  readonly transactionalId: string
  readonly consumer: Partial<ConsumerConfig & CommonConfig> & { readonly sessionTimeoutMs: number }
  readonly producer: Omit<ProducerOptions<string, string>, 'key' | 'value'>
}

/** Where it runs, and what is decided for it. */
export interface CopierWorld {
  readonly kafka: Kafka
  readonly history: HistoryRecorder
  /** False once the process is dead: what it was about to do or say it does and says no more. */
  isAlive(): boolean
  /** There is nothing to be done any more. */
  isOver(): boolean
  sleep(delayMs: number): Promise<void>
  /** Whether the records of this transaction are awaited before its offsets are sent. */
  awaitsRecords(): boolean
  /** Takes the time that work on the records of a transaction takes; they have been sent, and awaited or not. */
  work(producer: Producer<string, string>): Promise<void>
  /** Whether this transaction is aborted although it might be committed. */
  givesUp(): boolean
  /** The group goes on from here. */
  hasReached(place: TopicPartitionOffset): void
  /** A producer is of no use any more; the next transaction gets another. */
  hasLostProducer(error: KafkaError): void
  /** Something that no application has to reckon with. */
  complain(what: string, error: unknown): void
}

export type CopierRecord = ConsumerRecord<string, string>

const FILLING_BYTES = 30

export class RecordedCopier {
  readonly #options: CopierOptions
  readonly #world: CopierWorld
  readonly #consumer: Consumer<string, string>
  #producer: Producer<string, string> | undefined
  #writer = ''
  #producers = 0
  #transactions = 0

  constructor(options: CopierOptions, world: CopierWorld) {
    this.#options = options
    this.#world = world
    this.#consumer = world.kafka.consumer({
      key: string,
      value: string,
      groupId: options.group,
      autoOffsetReset: 'earliest',
      isolationLevel: 'read_committed',
      enableAutoCommit: false,
      ...options.consumer,
    })
  }

  /** Has a producer, which ends what another with its id may have left open. */
  async makeReady(): Promise<void> {
    while ((await this.#readyProducer()) === undefined && this.#world.isAlive() && !this.#world.isOver()) await this.#world.sleep(200)
  }

  async join(): Promise<void> {
    const { history } = this.#world
    const { client, process, group, input, consumer } = this.#options
    const { sessionTimeoutMs } = consumer
    history.openConsumer({ client, process, group, sessionTimeoutMs, isolation: 'read_committed', reset: 'earliest' })
    await this.#consumer.subscribe([input], {
      onAssigned: (partitions) => history.assigned({ client, partitions: plain(partitions) }),
      onRevoked: (partitions) => history.revoked({ client, partitions: plain(partitions) }),
      onLost: (partitions) => history.revoked({ client, partitions: plain(partitions), lost: true }),
    })
  }

  async leave(): Promise<void> {
    this.#world.history.close(this.#options.client)
    await this.#consumer.close()
    await this.#dropProducer()
  }

  async poll(timeoutMs: number): Promise<CopierRecord[]> {
    const world = this.#world
    const polling = world.history.poll({ client: this.#options.client })
    try {
      const records = await this.#consumer.poll(timeoutMs)
      if (world.isAlive()) polling.ok(fetched(records))
      return records
    } catch (error) {
      if (!world.isAlive()) return []
      polling.fail(error)
      if (!(error instanceof KafkaError) || !error.retriable) this.#complain('poll', error)
      await world.sleep(200)
      return []
    }
  }

  /** One transaction of what a poll has given. Where it is not certain to be committed, the group's offsets decide where to read on. */
  async copy(records: readonly CopierRecord[]): Promise<void> {
    if (records.length > 0 && !(await this.#process(records))) await this.#rewind()
  }

  /** False when the records have to be read again, or may have to. */
  async #process(records: readonly CopierRecord[]): Promise<boolean> {
    const producer = await this.#readyProducer()
    if (producer === undefined) return false
    const transaction = `${this.#writer}/${++this.#transactions}`
    const offsets = nextOffsets(records)
    try {
      producer.beginTransaction()
      const sent = records.map((record, index) => this.#send(producer, transaction, index, record))
      if (this.#world.awaitsRecords()) await Promise.all(sent)
      await this.#world.work(producer)
      await this.#sendOffsets(producer, transaction, offsets)
    } catch (error) {
      await this.#abort(producer, transaction, error)
      return false
    }
    if (this.#world.givesUp()) {
      await this.#abort(producer, transaction, undefined)
      return false
    }
    if (!(await this.#commit(producer, transaction))) return false
    for (const next of offsets) this.#world.hasReached(next)
    return true
  }

  async #send(
    producer: Producer<string, string>,
    transaction: string,
    index: number,
    { value, key, partition }: CopierRecord,
  ): Promise<void> {
    const world = this.#world
    const { output, outputPartitions } = this.#options
    const record = `${transaction}/${index}`
    const from = nameOf(value)
    const place = { topic: output, ...(key === null ? { partition: partition % outputPartitions } : { key }) }
    const sending = world.history.send({ client: this.#writer, ...place, value: record, transaction, from })
    try {
      const placed = await producer.send({ ...place, value: `${record} ${from} `.padEnd(record.length + FILLING_BYTES) })
      if (world.isAlive()) sending.ok(placed.partition, placed.offset)
    } catch (error) {
      // The transaction tells.
      if (world.isAlive()) sending.info(error)
    }
  }

  async #sendOffsets(producer: Producer<string, string>, transaction: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const world = this.#world
    const { group } = this.#options
    const committing = world.history.sendOffsets({ client: this.#writer, transaction, group, offsets })
    try {
      await producer.sendOffsetsToTransaction(offsets, this.#consumer.groupMetadata())
      if (world.isAlive()) committing.ok()
    } catch (error) {
      if (world.isAlive()) committing.info(error)
      throw error
    }
  }

  async #commit(producer: Producer<string, string>, transaction: string): Promise<boolean> {
    const ending = this.#world.history.end({ client: this.#writer, transaction, commit: true })
    for (;;) {
      try {
        await producer.commitTransaction()
        if (this.#world.isAlive()) ending.ok()
        return true
      } catch (error) {
        if (!this.#world.isAlive()) return false
        if (error instanceof KafkaError && error.code === 'TIMEOUT' && /call it again/.test(error.message)) continue
        if (error instanceof KafkaError && error.fatal) {
          ending.info(error)
          await this.#loseProducer(error)
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
    if (!this.#world.isAlive()) return
    if (cause !== undefined && !(cause instanceof KafkaError)) this.#complain(transaction, cause)
    if (cause instanceof KafkaError && cause.fatal) return this.#loseProducer(cause)
    const ending = this.#world.history.end({ client: this.#writer, transaction, commit: false })
    for (;;) {
      try {
        await producer.abortTransaction()
        if (this.#world.isAlive()) ending.ok()
        return
      } catch (error) {
        if (!this.#world.isAlive()) return
        if (error instanceof KafkaError && error.code === 'TIMEOUT') continue
        ending.info(error)
        if (error instanceof KafkaError && error.fatal) return this.#loseProducer(error)
        this.#complain(`abort of ${transaction}`, error)
        return this.#dropProducer()
      }
    }
  }

  /** Undefined when there is none to be had at present. */
  async #readyProducer(): Promise<Producer<string, string> | undefined> {
    if (this.#producer !== undefined) return this.#producer
    const world = this.#world
    const { client, process, transactionalId, producer: config } = this.#options
    const writer = `${client}.w${++this.#producers}`
    const producer = world.kafka.producer({ key: string, value: string, ...config, transactionalId })
    world.history.openProducer({ client: writer, process, acks: 'all', idempotent: true, transactionalId })
    const initialising = world.history.init({ client: writer })
    try {
      await producer.initTransactions()
    } catch (error) {
      if (!world.isAlive()) return undefined
      initialising.info(error)
      if (!(error instanceof KafkaError) || error.code !== 'TIMEOUT') this.#complain('initTransactions', error)
      world.history.close(writer)
      await producer.close()
      return undefined
    }
    if (!world.isAlive()) return undefined
    initialising.ok()
    this.#producer = producer
    this.#writer = writer
    return producer
  }

  async #loseProducer(error: KafkaError): Promise<void> {
    this.#world.hasLostProducer(error)
    await this.#dropProducer()
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer
    if (producer === undefined) return
    this.#producer = undefined
    this.#world.history.close(this.#writer)
    await producer.close()
  }

  /** Back to what the group has committed, however the last transaction has ended. */
  async #rewind(): Promise<void> {
    const world = this.#world
    for (;;) {
      // Who may not have ended a transaction ends it by being ready again.
      if ((await this.#readyProducer()) === undefined && world.isAlive()) {
        if (world.isOver()) return
        continue
      }
      if (!world.isAlive()) return
      try {
        const assigned = this.#consumer.assignment()
        const committed = assigned.length === 0 ? [] : await this.#consumer.committed(assigned)
        if (!world.isAlive()) return
        for (const place of assigned) {
          const offset = committed.find(({ topic, partition }) => topic === place.topic && partition === place.partition)?.offset ?? 0
          this.#consumer.seek({ ...place, offset })
          world.history.seek({ client: this.#options.client, ...place, offset })
          world.hasReached({ ...place, offset })
        }
        return
      } catch (error) {
        if (!world.isAlive()) return
        if (!(error instanceof KafkaError) || !error.retriable) this.#complain('rewind', error)
      }
    }
  }

  #complain(what: string, error: unknown): void {
    this.#world.complain(`${what} of ${this.#options.client}`, error)
  }
}

/** What to read next, by partition. */
function nextOffsets(records: readonly CopierRecord[]): TopicPartitionOffset[] {
  const next = new Map<string, TopicPartitionOffset>()
  for (const { topic, partition, offset } of records) next.set(`${topic}:${partition}`, { topic, partition, offset: offset + 1 })
  return [...next.values()]
}

function plain(partitions: readonly TopicPartition[]): TopicPartition[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition }))
}
