/** A member of a group, our client, that polls and commits until it leaves, and tells what it is given, loses, reads and is refused. */

import { type Consumer, type ConsumerOptions, type Kafka, KafkaError, string, type TopicPartition } from '@odradek/client'

export interface MemberLine {
  readonly assigned?: readonly string[]
  readonly revoked?: readonly string[]
  readonly lost?: readonly string[]
  readonly read?: readonly [place: string, value: string]
  /** The code with which a commit was refused. */
  readonly refused?: string
}

export interface PollingMemberOptions {
  readonly topics: readonly string[] | RegExp
  /** Takes the time that work on the records of a poll takes, before they are committed. */
  readonly work?: (records: number) => Promise<void>
  readonly config: Omit<ConsumerOptions<Buffer, string>, 'key' | 'value'>
}

const POLL_MS = 100

export class PollingMember {
  readonly consumer: Consumer<Buffer, string>
  readonly #options: PollingMemberOptions
  readonly #tell: (line: MemberLine) => void
  #isOver = false
  #running: Promise<void> | undefined

  constructor(kafka: Kafka, options: PollingMemberOptions, tell: (line: MemberLine) => void) {
    this.#options = options
    this.#tell = tell
    this.consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest', enableAutoCommit: false, ...options.config })
  }

  async begin(): Promise<void> {
    await this.subscribe(this.#options.topics)
    this.resume()
  }

  subscribe(topics: readonly string[] | RegExp): Promise<void> {
    return this.consumer.subscribe(topics, {
      onAssigned: (partitions) => this.#tell({ assigned: partitions.map(placeOf) }),
      onRevoked: (partitions) => this.#tell({ revoked: partitions.map(placeOf) }),
      onLost: async (partitions) => {
        this.#tell({ lost: partitions.map(placeOf) })
        await this.#commit(partitions.map((each) => ({ ...each, offset: 0 })))
      },
    })
  }

  /** Polls no more, though it is alive; resolves when the poll under way is over. */
  async stall(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  resume(): void {
    this.#isOver = false
    this.#running = this.#poll()
  }

  async leave(): Promise<void> {
    await this.stall()
    await this.consumer.close()
  }

  async #poll(): Promise<void> {
    while (!this.#isOver) {
      const records = await this.consumer.poll(POLL_MS)
      for (const record of records) this.#tell({ read: [`${placeOf(record)}/${record.offset}`, record.value ?? ''] })
      if (records.length === 0) continue
      await this.#options.work?.(records.length)
      await this.#commit(undefined)
    }
  }

  /** What is refused is read again by the next owner. */
  async #commit(offsets: readonly (TopicPartition & { readonly offset: number })[] | undefined): Promise<void> {
    try {
      await this.consumer.commitSync(offsets)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#tell({ refused: error.code })
    }
  }
}

function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
