/** A member of a consumer group, our client, with everything that it does and sees in a history. It commits after each poll. */

import { fetchedOf, type HistoryRecorder } from '@odradek/history'
import { type Consumer, Kafka, KafkaError, string } from '@odradek/client'

export interface RecordedMemberOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly client: string
  readonly group: string
  /** Kafka's names. */
  readonly config: Readonly<Record<string, string>>
}

const POLL_MS = 200

export class RecordedMember {
  readonly #recorder: HistoryRecorder
  readonly #options: RecordedMemberOptions
  readonly #onRead: (value: string) => void
  #isLeaving = false
  /** Polls that failed, and the like: none is expected. */
  readonly errors: unknown[] = []
  commits: number = 0
  /** Commits that were refused, because of a rebalance for instance. */
  refusedCommits: number = 0

  constructor(recorder: HistoryRecorder, options: RecordedMemberOptions, onRead: (value: string) => void) {
    this.#recorder = recorder
    this.#options = options
    this.#onRead = onRead
  }

  /** It closes after the poll under way. */
  leave(): void {
    this.#isLeaving = true
  }

  /** Resolves when it has left. */
  async run(): Promise<void> {
    const { bootstrap, client, group, topic, config } = this.#options
    await using kafka = new Kafka({ bootstrapServers: bootstrap, clientId: client })
    const consumer = kafka.consumer({ value: string, groupId: group, properties: { ...config, 'enable.auto.commit': 'false' } })
    const isolation = 'read_uncommitted'
    this.#recorder.openConsumer({ client, process: client, group, isolation, reset: 'earliest', sessionTimeoutMs: sessionMs(config) })
    await consumer.subscribe([topic], {
      onAssigned: (partitions) => this.#recorder.assigned({ client, partitions: plain(partitions) }),
      onRevoked: (partitions) => this.#recorder.revoked({ client, partitions: plain(partitions) }),
      onLost: (partitions) => this.#recorder.revoked({ client, partitions: plain(partitions), lost: true }),
    })
    while (!this.#isLeaving) {
      const ends = await this.#poll(consumer)
      if (ends.length > 0) await this.#commit(consumer, ends)
    }
    this.#recorder.close(client)
    await consumer.close()
  }

  async #poll(consumer: Consumer<Buffer, string>): Promise<{ topic: string; partition: number; offset: number }[]> {
    const recording = this.#recorder.poll({ client: this.#options.client })
    try {
      const records = (await consumer.poll(POLL_MS)).map(({ topic, partition, offset, value }) => ({
        topic,
        partition,
        offset,
        value: value ?? '',
      }))
      recording.ok(fetchedOf(records))
      for (const { value } of records) this.#onRead(value)
      const ends = new Map(records.map(({ topic, partition, offset }) => [partition, { topic, partition, offset: offset + 1 }]))
      return [...ends.values()]
    } catch (error) {
      this.errors.push(error)
      recording.info(error)
      return []
    }
  }

  async #commit(
    consumer: Consumer<Buffer, string>,
    offsets: readonly { topic: string; partition: number; offset: number }[],
  ): Promise<void> {
    const { client, group } = this.#options
    const recording = this.#recorder.commit({ client, group, offsets })
    try {
      await consumer.commitSync(offsets)
      this.commits += 1
      recording.ok()
    } catch (error) {
      if (!(error instanceof KafkaError)) this.errors.push(error)
      this.refusedCommits += 1
      recording.info(error)
    }
  }
}

function plain(partitions: readonly { topic: string; partition: number }[]): { topic: string; partition: number }[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition }))
}

function sessionMs(config: Readonly<Record<string, string>>): number {
  return Number(config['session.timeout.ms'] ?? 45_000)
}
