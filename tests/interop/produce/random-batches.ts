/** Produce requests by a seed: sound ones, and each kind of faulty one that a broker has to tell apart. */

import { batchLayout, RecordBatchBuilder } from '@odradek/protocol'
import type { CodecName, Codecs } from '@odradek/runtime'
import { Dice } from '../../fuzz/mutations.ts'

export interface RandomRequest {
  /** What was done to it, for the failure's message. */
  readonly about: string
  readonly topic: string
  readonly version: number
  readonly acks: number
  readonly partition: number
  readonly records: Buffer
}

const codecNames = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const maxSequence = 2 ** 31 - 1
const hourMs = 3_600_000

/** What the next batch of a producer would carry if nothing went wrong. */
interface ProducerCursor {
  readonly producerId: number
  epoch: number
  sequence: number
}

interface Plan {
  count: number
  producerId: number
  epoch: number
  sequence: number
  codec: CodecName | undefined
  timestamps: 'now' | 'old' | 'ahead' | 'mixed'
  keys: 'all' | 'none' | 'some'
  valueBytes: number
  logAppendTime: boolean
}

export class RandomBatches {
  readonly #dice: Dice
  readonly #codecs: Codecs
  readonly #topics: readonly string[]
  /** By topic: each has producers of its own. */
  readonly #producers = new Map<string, ProducerCursor[]>()
  readonly #sent: RandomRequest[] = []

  constructor(seed: number, codecs: Codecs, topics: readonly string[]) {
    this.#dice = new Dice(seed)
    this.#codecs = codecs
    this.#topics = topics
  }

  next(): RandomRequest {
    const request = this.#chance(12) ? this.#again() : this.#fresh()
    this.#sent.push(request)
    if (this.#sent.length > 40) this.#sent.shift()
    return request
  }

  /** One that was sent before, byte by byte; it may be one of the last five of its producer. */
  #again(): RandomRequest {
    const before = this.#sent.length === 0 ? undefined : this.#dice.pick(this.#sent)
    return before === undefined ? this.#fresh() : { ...before, about: `again: ${before.about}` }
  }

  #fresh(): RandomRequest {
    const topic = this.#dice.pick(this.#topics)
    const about: string[] = []
    const plan = this.#plan(topic, about)
    let records: Buffer = this.#build(plan)
    const isDamaged = this.#chance(45)
    if (isDamaged) records = this.#damage(records, about)
    const partition = !isDamaged && this.#chance(3) ? 7 : 0
    const acks = this.#chance(2) ? 2 : this.#chance(30) ? 1 : -1
    return { about: `${about.join(', ')} (${JSON.stringify(plan)})`, topic, version: 3 + this.#dice.below(11), acks, partition, records }
  }

  #plan(topic: string, about: string[]): Plan {
    const plan: Plan = {
      count: 1 + this.#dice.below(4),
      producerId: -1,
      epoch: -1,
      sequence: -1,
      codec: this.#chance(40) ? this.#dice.pick(codecNames) : undefined,
      timestamps: this.#chance(80) ? 'now' : this.#dice.pick(['old', 'ahead', 'mixed'] as const),
      keys: this.#chance(70) ? 'all' : this.#dice.pick(['none', 'some'] as const),
      valueBytes: this.#chance(15) ? 400 : 10,
      logAppendTime: this.#chance(3),
    }
    if (this.#chance(55)) this.#asProducer(topic, plan, about)
    return plan
  }

  #asProducer(topic: string, plan: Plan, about: string[]): void {
    const cursors = this.#producers.get(topic) ?? [4000, 4001, 4002].map((producerId) => ({ producerId, epoch: 0, sequence: 0 }))
    this.#producers.set(topic, cursors)
    const cursor = this.#dice.pick(cursors)
    const kind = this.#dice.below(20)
    if (kind === 0) Object.assign(cursor, { epoch: cursor.epoch + 1, sequence: 0 })
    if (kind === 1) cursor.sequence = maxSequence - this.#dice.below(3)
    Object.assign(plan, { producerId: cursor.producerId, epoch: cursor.epoch, sequence: cursor.sequence })
    if (kind === 2) plan.sequence = Math.min(maxSequence, plan.sequence + 1 + this.#dice.below(5))
    if (kind === 3) plan.epoch = Math.max(0, plan.epoch - 1)
    if (kind === 4) plan.epoch += 1
    if (kind === 5) plan.sequence = Math.max(0, plan.sequence - 1 - this.#dice.below(6))
    if (kind === 6) plan.sequence = -1
    about.push(`producer kind ${kind}`)
    if (kind > 6 || kind < 2) {
      const next = cursor.sequence + plan.count
      cursor.sequence = next > maxSequence ? next - maxSequence - 1 : next
    }
  }

  #build(plan: Plan): Buffer {
    const builder = new RecordBatchBuilder()
    for (let index = 0; index < plan.count; index++) {
      const hasKey = plan.keys === 'all' || (plan.keys === 'some' && index % 2 === 0)
      builder.append(timestampOf(plan.timestamps, index), hasKey ? `k${index}` : null, 'v'.repeat(plan.valueBytes))
    }
    const { codec } = plan
    return Buffer.from(
      builder.build({
        crc32c: (data) => this.#codecs.crc32c(data),
        compression: codec && { type: codec, compress: (data) => this.#codec(codec).compress(data) },
        producerId: plan.producerId,
        producerEpoch: plan.epoch,
        baseSequence: plan.sequence,
        timestampType: plan.logAppendTime ? 'LogAppendTime' : 'CreateTime',
      }),
    )
  }

  #damage(batch: Buffer, about: string[]): Buffer {
    const [name, harm] = this.#dice.pick(Object.entries(damages))
    about.push(name)
    const harmed = harm(batch, this.#dice)
    if (name.startsWith('sealed')) this.#seal(harmed)
    return harmed
  }

  /** Makes the checksum right again: what is wrong must be found otherwise. */
  #seal(batch: Buffer): void {
    batch.writeUInt32BE(this.#codecs.crc32c(batch.subarray(batchLayout.ATTRIBUTES_AT)), batchLayout.CRC_AT)
  }

  #codec(name: CodecName): ReturnType<Codecs['loaded']> & object {
    const codec = this.#codecs.loaded(name)
    if (codec === undefined) throw new Error(`${name} is not loaded`)
    return codec
  }

  #chance(percent: number): boolean {
    return this.#dice.below(100) < percent
  }
}

function timestampOf(kind: Plan['timestamps'], index: number): number {
  const now = Date.now()
  if (kind === 'old') return now - 3 * hourMs + index
  if (kind === 'ahead') return now + 3 * hourMs + index
  if (kind === 'mixed') return index % 2 === 0 ? now : now - 3 * hourMs
  return now + index
}

type Damage = (batch: Buffer, dice: Dice) => Buffer

const add =
  (at: number, amount: number): Damage =>
  (batch) => {
    batch.writeInt32BE(batch.readInt32BE(at) + amount, at)
    return batch
  }

const attributes =
  (change: (bits: number, dice: Dice) => number): Damage =>
  (batch, dice) => {
    batch.writeInt16BE(change(batch.readInt16BE(batchLayout.ATTRIBUTES_AT), dice), batchLayout.ATTRIBUTES_AT)
    return batch
  }

const magic =
  (value: number): Damage =>
  (batch) => {
    batch[batchLayout.MAGIC_AT] = value
    return batch
  }

/** Those whose name begins with `sealed` get a right checksum afterwards. */
const damages: Readonly<Record<string, Damage>> = {
  'bad CRC': (batch) => {
    batch[batch.length - 1] = (batch[batch.length - 1] ?? 0) ^ 0xff
    return batch
  },
  'sealed count too large': add(batchLayout.RECORD_COUNT_AT, 1),
  'sealed count too small': add(batchLayout.RECORD_COUNT_AT, -1),
  'sealed count and delta too large': (batch, dice) => {
    add(batchLayout.LAST_OFFSET_DELTA_AT, 1)(batch, dice)
    return add(batchLayout.RECORD_COUNT_AT, 1)(batch, dice)
  },
  'sealed count and delta too small': (batch, dice) => {
    add(batchLayout.LAST_OFFSET_DELTA_AT, -1)(batch, dice)
    return add(batchLayout.RECORD_COUNT_AT, -1)(batch, dice)
  },
  'sealed delta too large': add(batchLayout.LAST_OFFSET_DELTA_AT, 1),
  'sealed delta negative': (batch) => {
    batch.writeInt32BE(-2, batchLayout.LAST_OFFSET_DELTA_AT)
    return batch
  },
  'base offset 5': (batch) => {
    batch.writeBigInt64BE(5n, batchLayout.BASE_OFFSET_AT)
    return batch
  },
  'two batches': (batch) => Buffer.concat([batch, batch]),
  'half a second batch': (batch) => Buffer.concat([batch, batch.subarray(0, batch.length >> 1)]),
  'half a batch': (batch) => batch.subarray(0, batch.length >> 1),
  'ten bytes': (batch) => batch.subarray(0, 10),
  'no bytes': () => Buffer.alloc(0),
  'sealed control bit': attributes((bits) => bits | batchLayout.CONTROL_BIT),
  'sealed unknown codec': attributes((bits, dice) => (bits & ~batchLayout.COMPRESSION_MASK) | (5 + dice.below(3))),
  'sealed another codec': attributes((bits, dice) => (bits & ~batchLayout.COMPRESSION_MASK) | dice.below(5)),
  'magic 0': magic(0),
  'magic 1': magic(1),
  'magic 3': magic(3),
  'size too small': (batch) => {
    batch.writeInt32BE(10, batchLayout.BATCH_LENGTH_AT)
    return batch
  },
  'size negative': (batch) => {
    batch.writeInt32BE(-1, batchLayout.BATCH_LENGTH_AT)
    return batch
  },
  'sealed no records': (batch) => {
    const empty = Buffer.from(batch.subarray(0, batchLayout.BATCH_HEADER_BYTES))
    empty.writeInt32BE(empty.length - 12, batchLayout.BATCH_LENGTH_AT)
    empty.writeInt16BE(0, batchLayout.ATTRIBUTES_AT)
    empty.writeInt32BE(0, batchLayout.RECORD_COUNT_AT)
    empty.writeInt32BE(-1, batchLayout.LAST_OFFSET_DELTA_AT)
    return empty
  },
  'sealed maximum timestamp': (batch) => {
    batch.writeBigInt64BE(batch.readBigInt64BE(batchLayout.MAX_TIMESTAMP_AT) + 5n, batchLayout.MAX_TIMESTAMP_AT)
    return batch
  },
  // Kafka reads no further into compressed data than the records go; ours refuses what is behind them.
  'sealed trailing byte': (batch) => {
    if ((batch.readInt16BE(batchLayout.ATTRIBUTES_AT) & batchLayout.COMPRESSION_MASK) !== 0) return batch
    const longer = Buffer.concat([batch, Buffer.from([0])])
    longer.writeInt32BE(longer.length - 12, batchLayout.BATCH_LENGTH_AT)
    return longer
  },
  'sealed record byte': (batch, dice) => {
    // Damage within compressed data is met by decoders as they are. Of a plain record only what is before its offset: Kafka keeps one whose
    // offset is out of line with the others, and ours refuses it.
    if ((batch.readInt16BE(batchLayout.ATTRIBUTES_AT) & batchLayout.COMPRESSION_MASK) !== 0) return batch
    const at = batchLayout.BATCH_HEADER_BYTES + dice.below(3)
    batch[at] = dice.below(256)
    return batch
  },
}
