/**
 * A topic that gets the same batches on any broker and is compacted at one stroke: `min.compaction.lag.ms` holds the cleaner back until all
 * of a round is written. Three kinds of batches: plain ones (every other in lz4), of committed and of aborted transactions; tombstones in all.
 */

import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspectPartition } from '@odradek/broker'
import { Kafka, type Producer, type ProducerRecord, string } from '@odradek/client'
import { createNodeRuntime } from '@odradek/runtime'

const topic = 'compacted'
const partition = 0
const keys = 300
const recordsInBatch = 40
const valueBytes = 1000
const heldBackMs = 86_400_000
const deleteHorizonFlag = 0x40
const deadlineMs = 60_000

export const deleteRetentionMs = 3000

/** What is left of the topic. */
export interface Leftover {
  /** Of the segments that are closed. */
  readonly logBytes: number
  readonly segments: number
  /** Where the active segment begins, which is never cleaned. */
  readonly activeOffset: number
  /** Offset, key, value: one line each, of the whole log. */
  readonly records: readonly string[]
  /** Offsets, number of records, kind and delete horizon: one line each, of the whole log. */
  readonly batches: readonly string[]
}

export class CompactedTopic implements AsyncDisposable {
  readonly #logDir: string
  readonly #kafka: Kafka
  readonly #producers: Record<'plain' | 'lz4' | 'transactional', Producer<string, string>>
  readonly #random = random()
  #endOffset = 0
  #sentinel = ''

  private constructor(bootstrapServers: string, logDir: string) {
    this.#logDir = logDir
    this.#kafka = new Kafka({ bootstrapServers, logger: { warn: () => undefined } })
    const shared = { key: string, value: string, batchSize: 1_000_000 }
    this.#producers = {
      plain: this.#kafka.producer(shared),
      lz4: this.#kafka.producer({ ...shared, compressionType: 'lz4' }),
      transactional: this.#kafka.producer({ ...shared, transactionalId: topic }),
    }
  }

  static async create(bootstrapServers: string, logDir: string): Promise<CompactedTopic> {
    const created = new CompactedTopic(bootstrapServers, logDir)
    const configs = {
      'cleanup.policy': 'compact',
      'segment.bytes': '1048576',
      'min.cleanable.dirty.ratio': '0.01',
      'min.compaction.lag.ms': String(heldBackMs),
      'delete.retention.ms': String(deleteRetentionMs),
    }
    await created.#kafka.admin().createTopics([{ topic, partitions: 1, configs }])
    await created.#producers.transactional.initTransactions()
    return created
  }

  get #directory(): string {
    return join(this.#logDir, `${topic}-${partition}`)
  }

  /** Each batch stands in the log before the next one is sent: what a broker does concurrently, such as a marker, has its place too. */
  async write(batches: number, round: string, timestamp: number): Promise<void> {
    const { plain, lz4, transactional } = this.#producers
    for (let batch = 0; batch < batches; batch++) {
      const records = this.#batch(`${round}.${batch}`, timestamp)
      if (batch % 4 === 0) await this.#append(plain, records)
      else if (batch % 4 === 1) await this.#append(lz4, records)
      else await this.#transact(transactional, records, batch % 4 === 2)
    }
    this.#sentinel = `end of ${round}`
    await this.#append(plain, [{ topic, partition, key: this.#sentinel, value: '', timestamp }])
  }

  /** Resolves when everything before the active segment is clean. */
  async compact(): Promise<void> {
    const admin = this.#kafka.admin()
    const hold = (lagMs: number): Promise<void> =>
      admin.alterConfigs([{ type: 'topic', name: topic, set: { 'min.compaction.lag.ms': String(lagMs) } }])
    await hold(0)
    const active = Math.max(...(await this.#logs()).map((name) => Number.parseInt(name, 10)))
    await until(async () => (await this.#cleanOffset()) === active, `${this.#directory} is not clean up to ${active}`)
    await hold(heldBackMs)
  }

  async left(): Promise<Leftover> {
    const logs = await this.#logs()
    const closed = logs.slice(0, -1)
    const sizes = await Promise.all(closed.map(async (name) => (await stat(join(this.#directory, name))).size))
    return {
      logBytes: sizes.reduce((sum, size) => sum + size, 0),
      segments: closed.length,
      activeOffset: Number.parseInt(logs.at(-1) ?? '', 10),
      records: await this.#records(),
      batches: await this.#batches(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kafka.close()
  }

  #batch(name: string, timestamp: number): ProducerRecord<string, string>[] {
    return Array.from({ length: recordsInBatch }, (_, index) => {
      const key = `key ${this.#random(keys)}`
      const isTombstone = this.#random(10) === 0
      const noise = Array.from({ length: valueBytes / 10 }, () => this.#random(0x7fffffff).toString(36).padEnd(10, '-')).join('')
      return { topic, partition, key, value: isTombstone ? null : `${name}.${index} ${noise}`, timestamp }
    })
  }

  async #append(producer: Producer<string, string>, records: ProducerRecord<string, string>[]): Promise<void> {
    await producer.sendBatch(records)
    this.#endOffset += records.length
  }

  async #transact(producer: Producer<string, string>, records: ProducerRecord<string, string>[], commits: boolean): Promise<void> {
    producer.beginTransaction()
    await this.#append(producer, records)
    if (commits) await producer.commitTransaction()
    else await producer.abortTransaction()
    this.#endOffset++
    const consumer = this.#kafka.consumer()
    const hasMarker = async (): Promise<boolean> => (await consumer.endOffsets([{ topic, partition }]))[0]?.offset === this.#endOffset
    await until(hasMarker, `no marker at ${this.#endOffset - 1}`)
    await consumer.close()
  }

  /** Segments in order. */
  async #logs(): Promise<string[]> {
    return (await readdir(this.#directory)).filter((name) => name.endsWith('.log')).sort()
  }

  async #cleanOffset(): Promise<number> {
    const text = await readFile(join(this.#logDir, 'cleaner-offset-checkpoint'), 'utf8').catch(() => '')
    return Number(new RegExp(`^${topic} ${partition} (\\d+)$`, 'm').exec(text)?.[1])
  }

  async #records(): Promise<string[]> {
    const consumer = this.#kafka.consumer({ key: string, value: string, autoOffsetReset: 'earliest' })
    await consumer.assign([{ topic, partition }])
    const lines: string[] = []
    for await (const { offset, key, value } of consumer) {
      lines.push(`${offset} ${key} ${value === null ? 'tombstone' : createHash('sha256').update(value).digest('hex')}`)
      if (key === this.#sentinel) break
    }
    await consumer.close()
    return lines
  }

  async #batches(): Promise<string[]> {
    const lines: string[] = []
    for await (const found of inspectPartition(createNodeRuntime(), this.#directory)) {
      if (found.kind === 'problem') throw new Error(`${this.#directory}/${found.file}: ${found.reason}`)
      if (found.kind !== 'batch') continue
      const { baseOffset, lastOffset, recordCount, compression, isControl, isTransactional, attributes } = found.header
      const kind = isControl ? 'marker' : isTransactional ? 'transactional' : compression
      const horizon = (attributes & deleteHorizonFlag) === 0 ? '' : ', with a delete horizon'
      lines.push(`${baseOffset} to ${lastOffset}: ${recordCount}, ${kind}${horizon}`)
    }
    return lines
  }
}

async function until(condition: () => Promise<boolean>, complaint: string): Promise<void> {
  const lastMs = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > lastMs) throw new Error(complaint)
    await sleep(20)
  }
}

/** A linear congruential generator: the same records everywhere. */
function random(): (below: number) => number {
  let state = 20_261_128
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
