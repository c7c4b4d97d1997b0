/** The producer: takes records, finds their partitions, hands them to the accumulator; the sender does the rest. */

import type { Cluster } from '../cluster/cluster.ts'
import { withDeadline } from '../cluster/deadline.ts'
import { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ProducerValues } from '../config/producer.ts'
import type { ConsumerGroupMetadata } from '../consumer/types.ts'
import { KafkaError, StateError, TimeoutError } from '../errors/kafka-error.ts'
import type { Logger } from '../logger.ts'
import type { MetricValue } from '../metrics/registry.ts'
import { partitionInfos } from '../cluster/partition-infos.ts'
import type { Serializer } from '../serde/serde.ts'
import type { OffsetToCommit, PartitionInfo } from '../topic-partition.ts'
import { Transactions } from '../transaction/transactions.ts'
import type { Transaction } from '../transaction/types.ts'
import { Accumulator } from './accumulator.ts'
import { Deliveries } from './deliveries.ts'
import type { ProducerInterceptor } from './interceptors.ts'
import { Interceptors } from './interceptors.ts'
import type { Partitioner } from './partitioner.ts'
import { Placement } from './placement.ts'
import type { BatchObserver } from './producer-batch.ts'
import { ProducerBatch } from './producer-batch.ts'
import { ProducerIdentity } from './producer-id.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import type { LateBytes, SerializedRecord } from './record-encoder.ts'
import { RecordEncoder } from './record-encoder.ts'
import { recordSink } from './record-sink.ts'
import { Sender } from './sender.ts'
import { SentBatchCollector } from './sent-batch.ts'
import { toKafkaError } from './to-kafka-error.ts'
import type { BlockedRecord } from './topic-lane.ts'
import { TopicLane } from './topic-lane.ts'
import { TopicLanes } from './topic-lanes.ts'
import type { CloseOptions, Producer, ProducerRecord, RecordMetadata, SentBatch } from './types.ts'

export interface KafkaProducerOptions<K, V> {
  readonly cluster: Cluster
  readonly config: ProducerValues
  readonly metrics: ProducerMetrics
  readonly key: Serializer<K> | undefined
  readonly value: Serializer<V> | undefined
  readonly partitioner: Partitioner<K, V> | undefined
  readonly interceptors: readonly ProducerInterceptor<K, V>[]
  readonly logger: Logger
  readonly idempotent: boolean
  readonly onClose: () => void
}

export class KafkaProducer<K, V> implements Producer<K, V> {
  readonly #options: KafkaProducerOptions<K, V>
  readonly #cluster: Cluster
  readonly #topics: TopicsOfInterest
  readonly #accumulator: Accumulator
  readonly #deliveries: Deliveries
  readonly #sender: Sender
  readonly #transactions: Transactions | undefined
  readonly #encoder: RecordEncoder<K, V>
  readonly #placement: Placement<K, V>
  readonly #lanes: TopicLanes<K, V>
  readonly #interceptors: Interceptors<K, V> | undefined
  #memoryWaiters: (() => void)[] = []
  #ended: KafkaError | undefined
  #closing: Promise<void> | undefined

  constructor(options: KafkaProducerOptions<K, V>) {
    const { cluster, config, metrics } = options
    this.#options = options
    this.#cluster = cluster
    this.#topics = new TopicsOfInterest(cluster, { allowAutoTopicCreation: true })
    this.#lanes = new TopicLanes({
      cluster,
      topics: this.#topics,
      metadataMaxIdleMs: config.metadataMaxIdleMs,
      create: (topic) => this.#createLane(topic),
      isBusy: (topic) => this.#accumulator.isBusy(topic),
      onForgotten: (topic) => this.#accumulator.forget(topic),
    })
    this.#topics.onRefresh(() => {
      this.#lanes.onMetadata()
      this.#sender.wake()
    })
    const identity = options.idempotent ? new ProducerIdentity(cluster) : undefined
    this.#accumulator = new Accumulator({
      batchSizeBytes: Math.max(config.batchSize, 1),
      bufferMemoryBytes: config.bufferMemory,
      nowMs: () => cluster.nowMs(),
      onBatch: () => {
        this.#deliveries.watch()
        this.#sender.wake()
      },
      onSequencesLost: config.transactionalId === null ? () => identity?.bumpEpoch() : undefined,
    })
    metrics.watchMemory(config.bufferMemory, () => this.#accumulator.availableBytes)
    const onFatal = (error: unknown): void => this.#end(error)
    this.#transactions = identity === undefined ? undefined : this.#createTransactions(identity, onFatal)
    const common = { cluster, topics: this.#topics, config, accumulator: this.#accumulator }
    const shared = { ...common, identity, transactions: this.#transactions }
    this.#deliveries = new Deliveries({ ...shared, metrics, onChange: () => this.#onProgress(), onFatal })
    this.#sender = new Sender({ ...shared, deliveries: this.#deliveries, onFatal })
    this.#encoder = new RecordEncoder({
      key: options.key,
      value: options.value,
      maxRequestBytes: config.maxRequestSize,
      bufferMemoryBytes: config.bufferMemory,
    })
    this.#interceptors =
      options.interceptors.length === 0 ? undefined : new Interceptors(options.interceptors, options.logger, (record) => this.#send(record))
    this.#placement = new Placement({
      cluster,
      config,
      accumulator: this.#accumulator,
      partitioner: options.partitioner,
      stalledMs: (nodeId) => this.#sender.stalledMs(nodeId),
    })
  }

  send(record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    return this.#interceptors === undefined ? this.#send(record) : this.#interceptors.around(record)
  }

  sendBatch(records: readonly ProducerRecord<K, V>[]): Promise<SentBatch> {
    const interceptors = this.#interceptors
    const replaced = interceptors === undefined ? records : records.map((record) => interceptors.onSend(record))
    const onRecord =
      interceptors === undefined
        ? undefined
        : (index: number, metadata: RecordMetadata | undefined, error: KafkaError | undefined): void =>
            interceptors.onAcknowledgement(metadata, error, replaced[index] as ProducerRecord<K, V>)
    const collector = new SentBatchCollector(replaced.length, onRecord)
    for (let index = 0; index < replaced.length; index++) this.#sendOfBatch(replaced[index] as ProducerRecord<K, V>, index, collector)
    return collector.promise
  }

  writable(): WritableStream<ProducerRecord<K, V>> {
    return recordSink({
      send: (record) => this.send(record),
      // The lane of the record sent last, whatever topic interceptors have given it.
      placed: () => (this.#lanes.last?.isIdle === false ? this.#lanes.last.emptied() : undefined),
      flush: () => this.flush(),
    })
  }

  async flush(): Promise<void> {
    this.#sender.hurry++
    try {
      this.#sender.wake()
      await this.#lanes.emptied()
      await this.#settled()
    } finally {
      this.#sender.hurry--
    }
  }

  async partitionsFor(topic: string): Promise<readonly PartitionInfo[]> {
    this.#checkOpen()
    return partitionInfos(await this.#topics.topic(topic, this.#cluster.nowMs() + this.#options.config.maxBlockMs))
  }

  initTransactions(): Promise<void> {
    return this.#inTransactions((transactions) => transactions.init())
  }

  beginTransaction(): void {
    this.#mustBeTransactional().begin()
  }

  sendOffsetsToTransaction(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void> {
    return this.#inTransactions((transactions) => transactions.sendOffsets(offsets, group))
  }

  commitTransaction(): Promise<void> {
    return this.#inTransactions((transactions) => transactions.commit())
  }

  abortTransaction(): Promise<void> {
    return this.#inTransactions((transactions) => transactions.abort())
  }

  transaction<T>(run: (transaction: Transaction<K, V>) => Promise<T>): Promise<T> {
    const offsetsSent: Promise<void>[] = []
    const transaction: Transaction<K, V> = {
      send: (record) => heard(this.send(record)),
      sendBatch: (records) => heard(this.sendBatch(records)),
      sendOffsets: (offsets, group) => {
        const sent = heard(this.sendOffsetsToTransaction(offsets, group))
        offsetsSent.push(sent)
        return sent
      },
    }
    const body = async (): Promise<T> => {
      const result = await run(transaction)
      // A refused argument fails no transaction, so that the commit would not tell of it.
      await Promise.all(offsetsSent)
      return result
    }
    return this.#inTransactions((transactions) => transactions.run(body))
  }

  metrics(): readonly MetricValue[] {
    return this.#options.metrics.registry.read()
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number | undefined): Promise<void> {
    const flushed = this.#transactions === undefined ? this.flush() : this.#transactions.finish().then(() => this.flush())
    try {
      if (timeoutMs === undefined) await flushed
      else await withDeadline(this.#cluster.runtime.clock, flushed, this.#cluster.nowMs() + timeoutMs, 'close')
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    } finally {
      this.#end(new StateError('The producer is closed', 'CLOSED'))
      this.#topics.close()
      this.#sender.close()
      this.#cluster.close()
      this.#interceptors?.close()
      this.#options.onClose()
    }
  }

  #send(record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    const lane = this.#lanes.lane(record.topic)
    let late: LateBytes | undefined
    if (lane.isClear && this.#refusal === undefined) {
      try {
        const batch = this.#append(lane, record)
        if (batch instanceof ProducerBatch) return batch.promiseLast()
        late = batch
      } catch (error) {
        return Promise.reject(this.#refused(record, error))
      }
    }
    return this.#sendLater(lane, record, late)
  }

  /** Apart from `#send`, which would otherwise allocate for these closures whether they are made or not. */
  #sendLater(lane: TopicLane<K, V>, record: ProducerRecord<K, V>, late: LateBytes | undefined): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      this.#block(lane, record, late, (batch) => batch.settleLast(resolve), reject)
    })
  }

  #sendOfBatch(record: ProducerRecord<K, V>, index: number, collector: SentBatchCollector): void {
    const lane = this.#lanes.lane(record.topic)
    let late: LateBytes | undefined
    if (lane.isClear && this.#refusal === undefined) {
      try {
        const batch = this.#append(lane, record)
        if (batch instanceof ProducerBatch) {
          collector.place(index, batch)
          return
        }
        late = batch
      } catch (error) {
        collector.refuse(index, this.#refused(record, error))
        return
      }
    }
    this.#block(lane, record, late, ...collector.hooks(index))
  }

  #block(
    lane: TopicLane<K, V>,
    record: ProducerRecord<K, V>,
    late: LateBytes | undefined,
    onAppended: BlockedRecord<K, V>['onAppended'],
    onRefused: BlockedRecord<K, V>['onRefused'],
  ): void {
    const refusal = this.#refusal
    if (refusal !== undefined) {
      this.#options.metrics.onRefusal(record.topic, record.partition, refusal)
      onRefused(refusal)
      return
    }
    const deadlineMs = this.#cluster.nowMs() + this.#options.config.maxBlockMs
    lane.block({ record, deadlineMs, late, onAppended, onRefused: (error) => onRefused(this.#refused(record, error)) })
  }

  /** The batch that took the record; undefined when there is no memory; what to wait for. Throws what refuses it. */
  #append(lane: TopicLane<K, V>, record: ProducerRecord<K, V>, bytes?: SerializedRecord): ProducerBatch | LateBytes | undefined {
    const { metadata, sticky } = lane
    if (metadata === undefined) return undefined
    lane.isUsed = true
    const encoder = this.#encoder
    const late = encoder.encode(record, bytes)
    if (late !== undefined) return late
    const queue = this.#placement.queue(record, encoder, metadata, sticky)
    const batch = this.#accumulator.append(queue, record.timestamp ?? this.#cluster.runtime.clock.nowMs(), encoder)
    if (batch !== undefined && queue.partition === sticky.current) sticky.sent(batch.lastRecordBytes)
    return batch
  }

  #createLane(topic: string): TopicLane<K, V> {
    return new TopicLane(topic, this.#placement.sticky(topic), {
      awaitMetadata: (name, deadlineMs) => this.#topics.topic(name, deadlineMs),
      awaitMemory: (deadlineMs) => this.#awaitMemory(deadlineMs),
      append: (target, record, bytes) => this.#append(target, record, bytes),
      serialize: (record) => (this.#encoder.isLate ? this.#encoder.serialize(record) : undefined),
      nowMs: () => this.#cluster.nowMs(),
    })
  }

  #awaitMemory(deadlineMs: number): Promise<void> {
    this.#sender.hurry++
    this.#sender.wake()
    const freed = new Promise<void>((resolve) => {
      this.#memoryWaiters.push(resolve)
    })
    const { bufferMemory, maxBlockMs } = this.#options.config
    const message = `No room in buffer.memory (${bufferMemory} bytes) within max.block.ms (${maxBlockMs} ms)`
    const waited = this.#options.metrics.whileWaiting(withDeadline(this.#cluster.runtime.clock, freed, deadlineMs, message))
    return waited.finally(() => this.#sender.hurry--)
  }

  #onProgress(): void {
    this.#sender.wake()
    if (this.#memoryWaiters.length === 0) return
    const waiters = this.#memoryWaiters
    this.#memoryWaiters = []
    for (const wake of waiters) wake()
  }

  /** Resolves when all batches that exist now are settled. */
  #settled(): Promise<void> {
    return new Promise((resolve) => {
      let left = 1
      const observer: BatchObserver = {
        onBatchSettled: () => {
          if (--left === 0) resolve()
        },
      }
      for (const queue of this.#accumulator.active) {
        for (const batch of [...queue.inFlight, ...queue.waiting]) {
          left++
          batch.observe(observer)
        }
      }
      observer.onBatchSettled()
    })
  }

  /** No record is taken from here on, and those that are under way fail. */
  #end(reason: unknown): void {
    if (this.#ended !== undefined) return
    const error = reason instanceof KafkaError ? reason : new KafkaError('STATE', 'The producer has failed', { cause: reason, fatal: true })
    this.#ended = error
    this.#transactions?.stop(error)
    this.#lanes.refuseAll(error)
    this.#deliveries.failAll(error)
    this.#onProgress()
  }

  /** Why no record is taken now. */
  get #refusal(): KafkaError | undefined {
    return this.#ended ?? this.#transactions?.refusal
  }

  /** The record will not be in a batch, which a transaction without it cannot make good. */
  #refused({ topic, partition }: ProducerRecord<K, V>, reason: unknown): KafkaError {
    const error = toKafkaError(reason)
    this.#options.metrics.onRefusal(topic, partition, error)
    this.#transactions?.onSendFailed(error, false)
    return error
  }

  #createTransactions(identity: ProducerIdentity, onFatal: (error: KafkaError) => void): Transactions | undefined {
    const { cluster, config } = this.#options
    const { transactionalId, transactionTimeoutMs, maxBlockMs } = config
    if (transactionalId === null) return undefined
    return new Transactions({
      cluster,
      transactionalId,
      transactionTimeoutMs,
      maxBlockMs,
      identity,
      flush: () => this.flush(),
      discard: (error) => {
        this.#lanes.refuseAll(error)
        this.#deliveries.failWaiting(error)
      },
      settled: () => this.#settled(),
      onProgress: () => this.#sender.wake(),
      onFatal,
    })
  }

  async #inTransactions<T>(call: (transactions: Transactions) => Promise<T>): Promise<T> {
    return call(this.#mustBeTransactional())
  }

  #mustBeTransactional(): Transactions {
    if (this.#transactions === undefined) throw new StateError('The producer is not transactional: give it a transactional.id')
    return this.#transactions
  }

  #checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended
  }
}

/** In a transaction nobody need await a promise: what fails is told by the commit. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
