/** Everything that is known of a history at one of its events. */

import type { PipelineEvent, TopicEvent } from '../format/events.ts'
import { HistoryError } from '../format/history-error.ts'
import type { ConsumerState } from './consumer.ts'
import { Group } from './group.ts'
import { Health } from './health.ts'
import type { HistoryListener } from './listener.ts'
import type { PendingOperation } from './operation.ts'
import { PartitionLog } from './partition-log.ts'
import type { ProducerState } from './producer.ts'
import type { HistoryRecord } from './record.ts'
import { TopicState } from './topic.ts'
import type { Transaction } from './transaction.ts'

export interface HistoryCounts {
  events: number
  sent: number
  acknowledged: number
  read: number
  commits: number
  transactions: number
  rebalances: number
}

export class HistoryModel {
  line = 0
  timeMs: number = Number.NEGATIVE_INFINITY
  readonly health: Health = new Health()
  readonly topics: Map<string, TopicState> = new Map()
  readonly #logs = new Map<string, readonly PartitionLog[]>()
  readonly producers: Map<string, ProducerState> = new Map()
  readonly consumers: Map<string, ConsumerState> = new Map()
  /** Process by client, of every role. */
  readonly processes: Map<string, string> = new Map()
  readonly groups: Map<string, Group> = new Map()
  readonly transactions: Map<string, Transaction> = new Map()
  /** By value. */
  readonly records: Map<string, HistoryRecord> = new Map()
  /** By operation id, oldest first. */
  readonly pending: Map<number, PendingOperation> = new Map()
  readonly pipelines: PipelineEvent[] = []
  readonly counts: HistoryCounts = { events: 0, sent: 0, acknowledged: 0, read: 0, commits: 0, transactions: 0, rebalances: 0 }
  readonly listeners: HistoryListener[] = []

  /** Throws HistoryError about the event at hand. */
  reject(message: string): never {
    throw new HistoryError(this.line, message)
  }

  declare(event: TopicEvent): void {
    const topic = new TopicState(event)
    this.topics.set(topic.name, topic)
    this.#logs.set(
      topic.name,
      Array.from({ length: event.partitions }, (_, partition) => new PartitionLog(topic, partition)),
    )
  }

  topic(name: string): TopicState {
    return this.topics.get(name) ?? this.#undeclared(name)
  }

  /** By partition. */
  logsOf(topic: string): readonly PartitionLog[] {
    return this.#logs.get(topic) ?? this.#undeclared(topic)
  }

  log(topic: string, partition: number): PartitionLog {
    return this.logsOf(topic)[partition] ?? this.reject(`topic "${topic}" has no partition ${partition}`)
  }

  consumer(client: string): ConsumerState {
    return this.consumers.get(client) ?? this.reject(`consumer "${client}" has not been opened`)
  }

  producer(client: string): ProducerState {
    return this.producers.get(client) ?? this.reject(`producer "${client}" has not been opened`)
  }

  group(name: string, isSolitary = false): Group {
    const key = isSolitary ? ` ${name}` : name
    let group = this.groups.get(key)
    if (group === undefined) {
      group = new Group(name, isSolitary)
      this.groups.set(key, group)
    }
    return group
  }

  transaction(name: string): Transaction {
    return this.transactions.get(name) ?? this.reject(`nothing was sent in transaction "${name}"`)
  }

  *logs(): Generator<PartitionLog> {
    for (const logs of this.#logs.values()) yield* logs
  }

  oldestPendingLine(): number {
    for (const operation of this.pending.values()) return operation.line
    return this.line
  }

  #undeclared(topic: string): never {
    return this.reject(`topic "${topic}" has not been declared`)
  }
}
