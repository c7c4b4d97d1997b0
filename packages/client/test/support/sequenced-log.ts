/** What a broker does with Produce requests, as far as an idempotent producer can tell: it keeps records in sequence and repeats none. */

import assert from 'node:assert/strict'
import type { ProduceRequest, ProduceResponseInput } from '@odradek/protocol'
import { ErrorCodes, incrementSequence, readBatchHeader, RecordCursor, recordsSection } from '@odradek/protocol'
import type { Codecs } from '@odradek/runtime'

export interface Verdict {
  readonly errorCode: number
  /** Positions in the batch (KIP-467). */
  readonly bad?: readonly number[]
}

export interface ReceivedBatch {
  readonly partition: number
  readonly baseSequence: number
  readonly producerEpoch: number
  readonly recordCount: number
  readonly sizeBytes: number
  readonly values: readonly string[]
}

export class SequencedLog {
  /** Every batch that came, whatever became of it. */
  readonly received: ReceivedBatch[] = []
  /** By partition, what was written. */
  readonly values: Map<number, string[]> = new Map()
  /** Acknowledges the last batch of a partition again, as a broker does that has been killed; older ones are out of sequence in any case. */
  knowsLast: boolean = false
  readonly #last = new Map<number, { batch: ReceivedBatch; baseOffset: number }>()
  readonly #next = new Map<number, { epoch: number; sequence: number }>()
  readonly #codecs: Codecs
  readonly #refuse: (batch: ReceivedBatch) => Verdict | undefined

  /** `refuse` is asked before anything else, as brokers look at sizes and timestamps before they look for duplicates. */
  constructor(codecs: Codecs, refuse: (batch: ReceivedBatch) => Verdict | undefined = () => undefined) {
    this.#codecs = codecs
    this.#refuse = refuse
  }

  answer(request: ProduceRequest): ProduceResponseInput {
    return {
      responses: request.topicData.map(({ name, partitionData }) => ({
        name,
        partitionResponses: partitionData.map(({ index, records }) => {
          assert.ok(records)
          const batch = this.#read(index, records)
          this.received.push(batch)
          const invalid = this.#refuse(batch)
          const known = invalid === undefined ? this.#known(batch) : undefined
          if (known !== undefined) return { index, errorCode: ErrorCodes.NONE, baseOffset: known }
          const refused = invalid ?? this.#outOfSequence(batch)
          if (refused !== undefined) {
            const recordErrors = (refused.bad ?? []).map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: `bad ${batchIndex}` }))
            return { index, errorCode: refused.errorCode, baseOffset: -1, recordErrors }
          }
          return { index, errorCode: ErrorCodes.NONE, baseOffset: this.#append(batch) }
        }),
      })),
    }
  }

  /** Its offset. */
  #known({ partition, producerEpoch, baseSequence, recordCount }: ReceivedBatch): number | undefined {
    const last = this.#last.get(partition)
    if (last?.batch.baseSequence !== baseSequence || last.batch.producerEpoch !== producerEpoch) return undefined
    return this.knowsLast && last.batch.recordCount === recordCount ? last.baseOffset : undefined
  }

  #append(batch: ReceivedBatch): number {
    const { partition, producerEpoch, baseSequence, recordCount, values } = batch
    const log = this.values.get(partition) ?? []
    this.values.set(partition, log)
    const baseOffset = log.length
    log.push(...values)
    this.#last.set(partition, { batch, baseOffset })
    this.#next.set(partition, { epoch: producerEpoch, sequence: baseSequence < 0 ? -1 : incrementSequence(baseSequence, recordCount) })
    return baseOffset
  }

  #outOfSequence({ partition, producerEpoch, baseSequence }: ReceivedBatch): Verdict | undefined {
    if (baseSequence < 0) return undefined
    const next = this.#next.get(partition)
    const expected = next?.epoch === producerEpoch ? next.sequence : 0
    return baseSequence === expected ? undefined : { errorCode: ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER }
  }

  #read(partition: number, records: Buffer): ReceivedBatch {
    const header = readBatchHeader(records, 0)
    let section = recordsSection(records, 0, header)
    if (header.compression !== 'none') {
      const codec = this.#codecs.loaded(header.compression)
      assert.ok(codec)
      section = Buffer.from(codec.decompress(section, 1 << 26))
    }
    const cursor = new RecordCursor()
    cursor.reset(records, 0, header, section)
    const values: string[] = []
    while (cursor.next()) values.push(cursor.value()?.toString() ?? '')
    return { partition, values, ...header }
  }
}
