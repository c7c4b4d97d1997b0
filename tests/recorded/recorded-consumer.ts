/** Our consumer, with all that it is asked to do and given in a history. */

import { type Consumer, type ConsumerConfig, type Kafka, string, type TopicPartition } from '@odradek/client'
import { fetchedOf, type HistoryRecorder } from '@odradek/history'

export interface RecordedConsumerOptions {
  readonly client: string
  readonly process?: string
  /** Without it partitions are assigned by hand. */
  readonly group?: string
  readonly config?: Partial<ConsumerConfig>
}

export class RecordedConsumer {
  readonly client: string
  readonly #group: string | undefined
  readonly #recorder: HistoryRecorder
  readonly #consumer: Consumer<string, string>
  /** Next offsets, by partition, of what was read and is not committed. */
  readonly #uncommitted = new Map<string, TopicPartition & { offset: number }>()
  #isClosed = false
  #isManual = false
  /** How often the group has given it partitions, even none. */
  assignments = 0

  constructor(kafka: Kafka, recorder: HistoryRecorder, { client, process = client, group, config = {} }: RecordedConsumerOptions) {
    const { isolationLevel = 'read_committed', autoOffsetReset = 'earliest', sessionTimeoutMs = 45_000 } = config
    this.client = client
    this.#group = group
    this.#recorder = recorder
    this.#consumer = kafka.consumer({
      enableAutoCommit: false,
      ...config,
      isolationLevel,
      autoOffsetReset,
      sessionTimeoutMs,
      key: string,
      value: string,
      ...(group === undefined ? {} : { groupId: group }),
    })
    const reset = autoOffsetReset === 'earliest' || autoOffsetReset === 'latest' ? autoOffsetReset : 'none'
    recorder.openConsumer({
      client,
      process,
      isolation: isolationLevel,
      reset,
      sessionTimeoutMs,
      ...(group === undefined ? {} : { group }),
    })
  }

  /** Joins the group; commits what it has read before it gives a partition up. */
  async subscribe(topics: readonly string[]): Promise<void> {
    const { client } = this
    await this.#consumer.subscribe(topics, {
      onAssigned: (partitions) => {
        this.#recorder.assigned({ client, partitions: plain(partitions) })
        this.assignments += 1
      },
      onRevoked: async (partitions) => {
        await this.commit()
        this.#give(partitions, false)
      },
      onLost: (partitions) => this.#give(partitions, true),
    })
  }

  /** Takes partitions by hand, from their beginning. */
  async assign(partitions: readonly TopicPartition[]): Promise<void> {
    this.#isManual = true
    await this.#consumer.assign(partitions)
    this.#recorder.assigned({ client: this.client, partitions: plain(partitions), manual: true })
    for (const place of plain(partitions)) this.#recorder.seek({ client: this.client, ...place, offset: 0 })
    this.#consumer.seekToBeginning(partitions)
  }

  /** The values that came. */
  async poll(timeoutMs: number): Promise<string[]> {
    const recording = this.#recorder.poll({ client: this.client })
    try {
      const records = (await this.#consumer.poll(timeoutMs)).map(({ topic, partition, offset, value }) => ({
        topic,
        partition,
        offset,
        value: value ?? '',
      }))
      recording.ok(fetchedOf(records))
      for (const { topic, partition, offset } of records) {
        this.#uncommitted.set(`${topic}:${partition}`, { topic, partition, offset: offset + 1 })
      }
      return records.map(({ value }) => value)
    } catch (error) {
      recording.info(error)
      return []
    }
  }

  /** Commits what was read; whether that succeeds is the history's business. */
  async commit(): Promise<void> {
    const offsets = [...this.#uncommitted.values()]
    if (offsets.length === 0 || this.#group === undefined || this.#isManual) return
    this.#uncommitted.clear()
    const recording = this.#recorder.commit({ client: this.client, group: this.#group, offsets })
    try {
      await this.#consumer.commitSync(offsets)
      recording.ok()
    } catch (error) {
      recording.info(error)
    }
  }

  /** Asks for what its group has committed. */
  async committed(partitions: readonly TopicPartition[]): Promise<void> {
    if (this.#group === undefined) return
    const recording = this.#recorder.committed({ client: this.client, group: this.#group })
    try {
      const offsets = await this.#consumer.committed(partitions)
      recording.ok(offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })))
    } catch (error) {
      recording.info(error)
    }
  }

  /** Asks for the bounds of partitions; returns their ends. */
  async bounds(partitions: readonly TopicPartition[], isolation: 'read_uncommitted' | 'read_committed'): Promise<number[]> {
    const recording = this.#recorder.bounds({ client: this.client, isolation })
    const ends = await this.#consumer.endOffsets(partitions)
    recording.ok(ends.map(({ topic, partition, offset }) => ({ topic, partition, end: offset })))
    return ends.map(({ offset }) => offset)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.commit()
    this.#recorder.close(this.client)
    await this.#consumer.close()
  }

  #give(partitions: readonly TopicPartition[], lost: boolean): void {
    for (const { topic, partition } of partitions) this.#uncommitted.delete(`${topic}:${partition}`)
    if (!this.#isClosed) this.#recorder.revoked({ client: this.client, partitions: plain(partitions), lost })
  }
}

function plain(partitions: readonly TopicPartition[]): TopicPartition[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition }))
}
