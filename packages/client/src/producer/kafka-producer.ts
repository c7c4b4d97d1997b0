/** The producer: a facade over the intake of records, the sender, their deliveries and transactions. */

import { canBeAskedFor } from '../cluster/check-topic.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Patience } from '../cluster/patience.ts'
import { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { CloseOptions } from '../config/options.ts'
import type { ProducerValues } from '../config/producer.ts'
import type { ConsumerGroupMetadata } from '../consumer/types.ts'
import { KafkaError, StateError } from '../errors/kafka-error.ts'
import type { Logger } from '../logger.ts'
import type { MetricValue } from '../metrics/registry.ts'
import { partitionInfos } from '../cluster/partition-infos.ts'
import type { Serializer } from '../serde/serde.ts'
import type { OffsetToCommit, PartitionInfo } from '../topic-partition.ts'
import { Transactions } from '../transaction/transactions.ts'
import { Accumulator } from './accumulator.ts'
import { Deliveries } from './deliveries.ts'
import type { HeldRecord } from './held-record.ts'
import { Interceptors } from './interceptors.ts'
import type { Partitioner } from './partitioner.ts'
import type { BatchObserver } from './producer-batch.ts'
import { ProducerBatch } from './producer-batch.ts'
import { ProducerIdentity } from './producer-id.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { RecordIntake } from './record-intake.ts'
import { recordSink } from './record-sink.ts'
import { Sender } from './sender.ts'
import { SentBatchCollector } from './sent-batch.ts'
import { toKafkaError } from './to-kafka-error.ts'
import type { PlacingProducer, ProducerInterceptor, ProducerRecord, RecordMetadata, SentBatch, Transaction } from './types.ts'

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

export class KafkaProducer<K, V> implements PlacingProducer<K, V> {
  readonly #options: KafkaProducerOptions<K, V>
  readonly #cluster: Cluster
  readonly #topics: TopicsOfInterest
  readonly #accumulator: Accumulator
  readonly #deliveries: Deliveries
  readonly #sender: Sender
  readonly #transactions: Transactions | undefined
  readonly #intake: RecordIntake<K, V>
  readonly #interceptors: Interceptors<K, V> | undefined
  #isEnded = false
  /** Why no record is taken any more, nor anything else begun. */
  #refusedBy: KafkaError | undefined
  #closing: Promise<void> | undefined
  readonly #patience: Patience

  constructor(options: KafkaProducerOptions<K, V>) {
    const { cluster, config, metrics } = options
    this.#options = options
    this.#cluster = cluster
    this.#patience = new Patience(cluster.runtime.clock)
    this.#topics = new TopicsOfInterest(cluster, { allowAutoTopicCreation: true })
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
    const { key, value, partitioner } = options
    this.#intake = new RecordIntake({ ...common, sender: this.#sender, metrics, key, value, partitioner })
    this.#topics.onRefresh(() => this.#sender.wake())
    this.#interceptors = options.interceptors.length === 0 ? undefined : new Interceptors(options.interceptors, options.logger)
  }

  send(record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    if (this.#interceptors === undefined) return this.#send(record)
    return this.#interceptors.around(record, (replaced) => this.#send(replaced))
  }

  sendPlacing(record: ProducerRecord<K, V>, onPlaced: () => void): Promise<RecordMetadata> {
    if (this.#interceptors === undefined) return this.#send(record, onPlaced)
    return this.#interceptors.around(record, (replaced) => this.#send(replaced, onPlaced))
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
      send: (record, onPlaced) => this.sendPlacing(record, onPlaced),
      flush: () => this.flush(),
    })
  }

  async flush(): Promise<void> {
    this.#sender.hurry++
    try {
      this.#sender.wake()
      await this.#intake.drained()
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
    const transactions = this.#mustBeTransactional()
    this.#checkOpen()
    transactions.begin()
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

  close({ timeoutMs }: CloseOptions = {}): Promise<void> {
    this.#refusedBy ??= new StateError('The producer is closed', 'CLOSED')
    if (timeoutMs !== undefined) this.#patience.until(this.#cluster.nowMs() + timeoutMs)
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const flushed = this.#transactions === undefined ? this.flush() : this.#transactions.finish().then(() => this.flush())
    try {
      await Promise.race([flushed, this.#patience.ended])
    } finally {
      this.#patience.cancel()
      this.#end(new StateError('The producer is closed', 'CLOSED'))
      this.#topics.close()
      this.#sender.close()
      this.#cluster.close()
      this.#interceptors?.close()
      this.#options.onClose()
    }
  }

  #send(record: ProducerRecord<K, V>, onPlaced?: () => void): Promise<RecordMetadata> {
    const refusal = this.#refusal
    if (refusal !== undefined) return Promise.reject(this.#turnedAway(record, refusal))
    let taken: ProducerBatch | HeldRecord<K, V>
    try {
      taken = this.#intake.take(record)
    } catch (error) {
      return Promise.reject(this.#refused(record, error))
    }
    if (!(taken instanceof ProducerBatch)) return this.#sendLater(taken, onPlaced)
    if (onPlaced !== undefined) onPlaced()
    return taken.promiseLast()
  }

  /** Apart from `#send`, which would otherwise allocate for these closures whether they are made or not. */
  #sendLater(held: HeldRecord<K, V>, onPlaced: (() => void) | undefined): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      const onAppended = (batch: ProducerBatch): void => {
        batch.settleLast(resolve)
        onPlaced?.()
      }
      this.#intake.block(held, onAppended, (error) => reject(this.#refused(held, error)))
    })
  }

  #sendOfBatch(record: ProducerRecord<K, V>, index: number, collector: SentBatchCollector): void {
    const refusal = this.#refusal
    if (refusal !== undefined) {
      collector.refuse(index, this.#turnedAway(record, refusal))
      return
    }
    try {
      const taken = this.#intake.take(record)
      if (taken instanceof ProducerBatch) collector.place(index, taken)
      else this.#blockOfBatch(taken, index, collector)
    } catch (error) {
      collector.refuse(index, this.#refused(record, error))
    }
  }

  /** Apart from `#sendOfBatch`, as `#sendLater` is from `#send`. */
  #blockOfBatch(held: HeldRecord<K, V>, index: number, collector: SentBatchCollector): void {
    const onAppended = (batch: ProducerBatch): void => collector.place(index, batch)
    this.#intake.block(held, onAppended, (error) => collector.refuse(index, this.#refused(held, error)))
  }

  #onProgress(): void {
    this.#sender.wake()
    this.#intake.onMemory()
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
    if (this.#isEnded) return
    this.#isEnded = true
    const error = reason instanceof KafkaError ? reason : new KafkaError('STATE', 'The producer has failed', { cause: reason, fatal: true })
    this.#refusedBy ??= error
    this.#transactions?.stop(error)
    this.#intake.refuseAll(error)
    this.#deliveries.failAll(error)
    this.#onProgress()
  }

  /** Why no record is taken now. */
  get #refusal(): KafkaError | undefined {
    return this.#refusedBy ?? this.#transactions?.refusal
  }

  /** The record will not be in a batch, which a transaction without it cannot make good. */
  #refused(record: Pick<ProducerRecord<K, V>, 'topic' | 'partition'> | undefined, reason: unknown): KafkaError {
    const error = this.#turnedAway(record, toKafkaError(reason))
    this.#transactions?.onSendFailed(error, false)
    return error
  }

  /** Counts a record that is in no batch, whatever it is. */
  #turnedAway(record: Pick<ProducerRecord<K, V>, 'topic' | 'partition'> | undefined, error: KafkaError): KafkaError {
    this.#options.metrics.onRefusal(canBeAskedFor(record?.topic) ? record?.topic : undefined, record?.partition, error)
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
        this.#intake.refuseAll(error)
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
    if (this.#refusedBy !== undefined) throw this.#refusedBy
  }
}

/** In a transaction nobody need await a promise: what fails is told by the commit. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
