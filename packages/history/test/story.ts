/** Tells a history by hand: short names for what happens, a clock that ticks. */

import assert from 'node:assert/strict'
import { checkHistory, fetchedOf, type HistoryEvent, HistoryRecorder, type Verdict } from '../src/index.ts'
import type { OpenConsumerEvent, OpenProducerEvent, SendInvocation, TopicEvent, TopicPartition } from '../src/format/events.ts'

export const TOPIC = 'orders'
/** Value by offset. */
export type Values = Readonly<Record<number, string>>

export class Story {
  readonly events: HistoryEvent[] = []
  readonly recorder: HistoryRecorder
  #nowMs = 0

  constructor(topic: Partial<TopicEvent> = {}) {
    this.recorder = new HistoryRecorder({ now: () => ++this.#nowMs, write: (event) => void this.events.push(event) })
    this.recorder.topic({ topic: TOPIC, partitions: 2, ...topic })
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  producer(client: string, options: Partial<OpenProducerEvent> = {}): void {
    this.recorder.openProducer({ client, process: client, acks: 'all', idempotent: true, ...options })
  }

  /** Owns partition 0, unless `partitions` says otherwise. */
  consumer(client: string, options: Partial<OpenConsumerEvent> = {}, partitions: readonly number[] = [0]): void {
    this.recorder.openConsumer({ client, process: client, isolation: 'read_committed', reset: 'earliest', ...options })
    if (partitions.length > 0) this.recorder.assigned({ client, partitions: places(partitions) })
  }

  assigned(client: string, partitions: readonly number[] = [0], generation?: number): void {
    this.recorder.assigned({ client, partitions: places(partitions), ...(generation === undefined ? {} : { generation }) })
  }

  revoked(client: string, partitions: readonly number[] = [0], lost = false): void {
    this.recorder.revoked({ client, partitions: places(partitions), lost })
  }

  /** A send that is acknowledged at once. */
  sent(client: string, value: string, offset: number, options: Partial<SendInvocation> = {}): void {
    this.recorder.send({ client, topic: TOPIC, value, ...options }).ok(options.partition ?? 0, offset)
  }

  polled(client: string, values: Values, partition = 0): void {
    const records = Object.entries(values).map(([offset, value]) => ({ topic: TOPIC, partition, offset: Number(offset), value }))
    this.recorder.poll({ client }).ok(fetchedOf(records))
  }

  committed(client: string, offset: number, group = 'g', generation?: number): void {
    const offsets = [{ topic: TOPIC, partition: 0, offset }]
    this.recorder.commit({ client, group, offsets, ...(generation === undefined ? {} : { generation }) }).ok()
  }

  ended(client: string, transaction: string, commit: boolean): void {
    this.recorder.end({ client, transaction, commit }).ok()
  }

  /** a0 … a9 at offsets 0 … 9 of partition 0, by producer `p`. */
  tenRecords(): void {
    this.producer('p')
    for (let offset = 0; offset < 10; offset++) this.sent('p', `a${offset}`, offset)
  }

  check(): Verdict {
    return checkHistory(this.events, { stuckAfterMs: 10_000 })
  }

  /** That rule is broken, no other, and the evidence is in the history. */
  assertBreaks(rule: string): void {
    const { violations } = this.check()
    assert.deepEqual([...new Set(violations.map((violation) => violation.rule))], [rule], JSON.stringify(violations, undefined, 1))
    for (const { message, lines } of violations) {
      assert.ok(message.length > 20 && !message.includes('\n') && !message.includes('?'), message)
      assert.ok(lines.length > 0 && lines.every((line) => line > 1 && line <= this.events.length), `${message}: ${lines.join(', ')}`)
    }
  }

  assertClean(): void {
    assert.deepEqual(this.check().violations, [])
  }
}

export function places(partitions: readonly number[]): TopicPartition[] {
  return partitions.map((partition) => ({ topic: TOPIC, partition }))
}

/** a`from` … a`to`, each at its own offset. */
export function run(from: number, to: number): Values {
  return Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [from + index, `a${from + index}`]))
}
