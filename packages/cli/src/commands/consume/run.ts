/** The poll loop of `odradek consume`: read, print, commit what has been printed, stop where asked to. */

import type { Consumer, OffsetToCommit, TopicPartition } from '@odradek/client'
import { CommandError } from '../../errors.ts'
import { noPartitionText } from '../../session.ts'
import { say } from '../../output/output.ts'
import type { StartPosition } from '../../records/start-position.ts'
import { type Interruption, interruption } from '../../signals.ts'
import type { RecordFilter } from './filter.ts'
import { offsetsByPlace, placeKey, startOffsets } from './positions.ts'
import type { RawRecord, RecordWriter } from './record-writer.ts'

export interface ConsumeRunOptions {
  readonly topics: readonly string[]
  /** Undefined: as `auto.offset.reset` says. */
  readonly from: StartPosition | undefined
  readonly filter: RecordFilter | undefined
  readonly inGroup: boolean
  /** The only partition to read, outside a group. */
  readonly partition: number | undefined
  readonly maxRecords: number
  readonly exitAtEnd: boolean
}

const commitIntervalMs = 5000
const pollMs = 500

export class ConsumeRun {
  readonly #consumer: Consumer<Buffer, Buffer>
  readonly #writer: RecordWriter
  readonly #options: ConsumeRunOptions
  /** Where reading ends under `-e`, by partition. */
  #ends = new Map<string, number>()
  /** Offsets to commit, by partition: the next after what has been printed, or where reading starts. */
  readonly #printed = new Map<string, OffsetToCommit>()
  #assigned = false
  #written = 0
  #lastCommitMs = performance.now()

  constructor(consumer: Consumer<Buffer, Buffer>, writer: RecordWriter, options: ConsumeRunOptions) {
    this.#consumer = consumer
    this.#writer = writer
    this.#options = options
  }

  async run(): Promise<void> {
    const interrupted = interruption(() => this.#consumer.wakeup())
    try {
      await this.#start()
      await this.#loop(interrupted)
      await this.#writer.end()
    } catch (error) {
      // The reader of the pipe has seen enough; what it did not read is not committed.
      if (!isBrokenPipe(error)) throw error
    } finally {
      interrupted.dispose()
    }
    await this.#commit()
  }

  async #start(): Promise<void> {
    const partitions = await this.#allPartitions()
    if (this.#options.exitAtEnd) this.#ends = offsetsByPlace(await this.#consumer.endOffsets(partitions))
    if (this.#options.inGroup) {
      await this.#consumer.subscribe(this.#options.topics, {
        onAssigned: (assigned) => this.#onAssigned(assigned),
        onRevoked: () => this.#commit(),
        onLost: () => this.#printed.clear(),
      })
      return
    }
    await this.#consumer.assign(partitions)
    this.#assigned = true
    for (const offset of await startOffsets(this.#consumer, partitions, this.#options.from)) this.#consumer.seek(offset)
  }

  async #allPartitions(): Promise<TopicPartition[]> {
    const partitions: TopicPartition[] = []
    for (const topic of this.#options.topics) {
      const known = await this.#consumer.partitionsFor(topic)
      const { partition } = this.#options
      if (partition !== undefined && !known.some((info) => info.partition === partition)) {
        throw new CommandError(noPartitionText(topic, partition, known.length))
      }
      for (const info of known)
        if (partition === undefined || info.partition === partition) partitions.push({ topic, partition: info.partition })
    }
    return partitions
  }

  async #onAssigned(assigned: readonly TopicPartition[]): Promise<void> {
    if (!this.#assigned && assigned.length === 0)
      say('no partition for this member: the group has at least as many members as there are partitions')
    this.#assigned = true
    if (assigned.length === 0) return
    const committed = offsetsByPlace(await this.#consumer.committed(assigned))
    const fresh = assigned.filter((place) => !committed.has(placeKey(place)))
    if (fresh.length === 0) return
    for (const offset of await startOffsets(this.#consumer, fresh, this.#options.from)) {
      this.#consumer.seek(offset)
      // Committed even if nothing of the partition is printed, so that its lag is known.
      this.#printed.set(placeKey(offset), offset)
    }
  }

  async #loop(interrupted: Interruption): Promise<void> {
    while (!interrupted.happened && this.#written < this.#options.maxRecords && !(await this.#atEnd())) {
      const records = await this.#consumer.poll(pollMs)
      if (records.length > 0) await this.#print(records)
      if (performance.now() - this.#lastCommitMs >= commitIntervalMs) await this.#commit()
    }
  }

  async #print(records: readonly RawRecord[]): Promise<void> {
    const chosen: RawRecord[] = []
    const seen: RawRecord[] = []
    for (const record of records) {
      if (this.#written + chosen.length >= this.#options.maxRecords) break
      if (this.#isPastEnd(record)) continue
      seen.push(record)
      if (this.#options.filter === undefined || this.#options.filter(record)) chosen.push(record)
    }
    if (chosen.length > 0) await this.#writer.write(chosen)
    this.#written += chosen.length
    for (const { topic, partition, offset, leaderEpoch } of seen) {
      this.#printed.set(placeKey({ topic, partition }), { topic, partition, offset: offset + 1, leaderEpoch })
    }
  }

  #isPastEnd(record: RawRecord): boolean {
    return this.#options.exitAtEnd && record.offset >= (this.#ends.get(placeKey(record)) ?? Number.POSITIVE_INFINITY)
  }

  async #atEnd(): Promise<boolean> {
    if (!this.#options.exitAtEnd || !this.#assigned) return false
    for (const place of this.#consumer.assignment()) {
      const position = await this.#consumer.position(place)
      if (position < (this.#ends.get(placeKey(place)) ?? 0)) return false
    }
    return true
  }

  async #commit(): Promise<void> {
    this.#lastCommitMs = performance.now()
    if (!this.#options.inGroup || this.#printed.size === 0) return
    const offsets = [...this.#printed.values()]
    this.#printed.clear()
    await this.#consumer.commitSync(offsets)
  }
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}
