/** What becomes of the batches that were sent: acknowledged, tried again in order, or failed, as the table of broker errors says. */

import type { ProduceResponse, ProduceResponsePartitionProduceResponse } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'
import { backoffMs } from '../cluster/backoff.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ProducerValues } from '../config/producer.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import type { BrokerError } from '../errors/kafka-error.ts'
import { KafkaError, ProtocolError, TimeoutError } from '../errors/kafka-error.ts'
import type { Transactions } from '../transaction/transactions.ts'
import type { Accumulator } from './accumulator.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { describeKey } from './describe-record.ts'
import type { EncodedBatch } from './produce-request.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerIdentity } from './producer-id.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { explainRefusal, judgeRefusal, provesAbsence } from './refusal.ts'

const MIN_SWEEP_MS = 5
const MAX_SWEEP_MS = 1000
/** The markers of the last transaction are being written: that is soon done, and `retry.backoff.ms` would be long. */
const CONCURRENT_TRANSACTIONS_RETRY_MS = 20

export interface DeliveriesOptions {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly config: ProducerValues
  readonly accumulator: Accumulator
  readonly identity: ProducerIdentity | undefined
  /** Undefined without `transactional.id`. */
  readonly transactions: Transactions | undefined
  readonly metrics: ProducerMetrics
  /** A batch was settled or put back: memory is free, or there is work. */
  readonly onChange: () => void
  readonly onFatal: (error: KafkaError) => void
}

/** Who has answered, and where the nodes are that the answer names. */
interface AnswerSource {
  readonly nodeId: number
  readonly nodeEndpoints: ProduceResponse['nodeEndpoints']
}

export class Deliveries {
  readonly #options: DeliveriesOptions
  #isRefreshing = false
  #sweepTimer: Timer | undefined

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  onSend(batch: ProducerBatch, encodedBytes: number): void {
    this.#options.metrics.onSend(batch, encodedBytes, this.#options.cluster.nowMs())
  }

  onRequest(batches: readonly Pick<EncodedBatch, 'batch'>[]): void {
    this.#options.metrics.onRequest(batches)
  }

  /** `acks=0`: taken by the socket is all that will be known. */
  onUnanswered(batch: ProducerBatch): void {
    this.#land(batch)
    if (!batch.isSettled) this.#settle(batch, () => batch.acknowledge(-1, -1))
  }

  onAnswer(batch: ProducerBatch, answer: ProduceResponsePartitionProduceResponse | undefined, source: AnswerSource): void {
    if (answer === undefined) {
      this.onLost([{ batch }], new ProtocolError(`The broker's answer leaves out ${describe(batch)}`))
      return
    }
    const queue = this.#land(batch)
    if (batch.isSettled) return
    if (answer.errorCode === ErrorCodes.NONE || answer.errorCode === ErrorCodes.DUPLICATE_SEQUENCE_NUMBER) {
      queue.acknowledged(batch)
      this.#settle(batch, () => batch.acknowledge(answer.errorCode === ErrorCodes.NONE ? answer.baseOffset : -1, answer.logAppendTimeMs))
      return
    }
    this.#onError(queue, batch, answer, source)
  }

  /** No answer: whether the batches are in the log is not known. */
  onLost(batches: readonly Pick<EncodedBatch, 'batch'>[], error: unknown): void {
    const reason = error instanceof KafkaError ? error : new ProtocolError('The request could not be made', { cause: error })
    if (reason.retriable) this.#refreshMetadata()
    for (const { batch } of batches) {
      const queue = this.#land(batch)
      if (batch.isSettled) continue
      batch.isInDoubt = true
      if (reason.retriable) this.#retry(queue, batch, reason)
      else this.#fail(queue, batch, reason, 'unknown')
    }
  }

  /** Milliseconds until the leader may be known; asks for it. */
  seekLeader(queue: PartitionQueue, now: number): number {
    this.#refreshMetadata()
    return this.#backOff(queue, now)
  }

  /** The leader may have moved to a node that can be reached. */
  onUnreachable(nodeId: number, error: unknown): void {
    this.#refreshMetadata()
    const { cluster, accumulator } = this.#options
    for (const queue of accumulator.active) {
      const first = queue.waiting[0]
      if (first !== undefined && error instanceof KafkaError && cluster.metadata.leader(queue.topic, queue.partition)?.id === nodeId)
        first.lastError = error
    }
  }

  /** Keeps an eye on `delivery.timeout.ms` while there is anything to deliver. */
  watch(): void {
    if (this.#sweepTimer !== undefined) return
    const intervalMs = Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, this.#options.config.deliveryTimeoutMs / 10))
    this.#sweepTimer = this.#options.cluster.runtime.clock.setTimer(intervalMs, () => {
      this.#sweepTimer = undefined
      this.#expire()
      if (this.#options.accumulator.active.size > 0) this.watch()
    })
  }

  /** Fails all that is not settled. */
  failAll(error: KafkaError): void {
    this.#sweepTimer?.cancel()
    for (const queue of this.#options.accumulator.active) {
      for (const batch of [...queue.inFlight, ...queue.waiting]) this.#settleFailed(batch, error)
      queue.inFlight.length = 0
      queue.waiting.length = 0
    }
    this.#options.accumulator.active.clear()
  }

  /** Fails what is not under way. */
  failWaiting(error: KafkaError): void {
    for (const queue of this.#options.accumulator.active) {
      for (const batch of queue.waiting.splice(0)) {
        if (batch.baseSequence < 0) this.#settleFailed(batch, error)
        else this.#fail(queue, batch, error, 'unknown')
      }
      this.#dropIfIdle(queue)
    }
    this.#options.onChange()
  }

  #onError(queue: PartitionQueue, batch: ProducerBatch, answer: ProduceResponsePartitionProduceResponse, source: AnswerSource): void {
    const refusal = brokerError(answer.errorCode, `Cannot write ${describe(batch)}`, answer.errorMessage)
    const error = this.#options.transactions?.explain(refusal) ?? refusal
    if (!provesAbsence(answer.errorCode)) batch.isInDoubt = true
    switch (brokerErrorAction(answer.errorCode)) {
      case 'refresh-metadata':
        if (this.#knowsOtherLeader(answer, queue, source)) {
          this.#retry(queue, batch, error, 0)
          return
        }
        this.#refreshMetadata()
        this.#retry(queue, batch, error)
        return
      case 'find-coordinator':
        this.#refreshMetadata()
        this.#retry(queue, batch, error)
        return
      case 'retry':
        this.#retry(queue, batch, error, error.code === 'CONCURRENT_TRANSACTIONS' ? CONCURRENT_TRANSACTIONS_RETRY_MS : undefined)
        return
      case 'bump-epoch':
        if (queue.isInLog(batch)) {
          this.#settle(batch, () => batch.acknowledge(-1, -1))
          return
        }
        if (!batch.isStale) batch.isOutOfSequence = true
        // A batch that came too early, or got another number since, or may yet prove to be in the log, is merely sent again.
        if (!queue.isAhead(batch) && !batch.isStale && !queue.mayBeProven(batch)) {
          if (this.#options.transactions !== undefined || batch.isWholeInDoubt) {
            this.#fail(queue, batch, error, 'unknown')
            return
          }
          this.#startAnew(queue)
        }
        this.#retry(queue, batch, error)
        return
      case 'abort-transaction':
        this.#fail(queue, batch, error, 'unknown')
        return
      case 'fatal':
        this.#refuse(queue, batch, error)
        this.#options.onFatal(error)
        return
      default:
        this.#onRefused(queue, batch, error, answer)
    }
  }

  /** From the answer (KIP-951), or by now: what was under way together is answered together. */
  #knowsOtherLeader(
    { currentLeader }: ProduceResponsePartitionProduceResponse,
    { topic, partition }: PartitionQueue,
    { nodeId, nodeEndpoints }: AnswerSource,
  ): boolean {
    const { metadata } = this.#options.cluster
    metadata.learnLeader(topic, partition, currentLeader, nodeEndpoints)
    const leader = metadata.leader(topic, partition)
    return leader !== undefined && leader.id !== nodeId
  }

  #startAnew(queue: PartitionQueue): void {
    const { identity } = this.#options
    queue.refused()
    if (queue.generation === identity?.generation) identity.bumpEpoch()
  }

  /** Some records may yet be written: those that fail do it alone, the others are sent again, in order. */
  #onRefused(queue: PartitionQueue, batch: ProducerBatch, error: BrokerError, answer: ProduceResponsePartitionProduceResponse): void {
    const { failures, groups } = judgeRefusal(batch, answer)
    if (groups.length === 0) {
      this.#refuse(queue, batch, explainRefusal(error, batch), failures)
      return
    }
    const { accumulator, metrics, transactions, onChange } = this.#options
    for (const failure of failures.values()) transactions?.onSendFailed(failure, false)
    batch.lastError = error
    const parts = batch.divide(groups, failures)
    queue.replace(batch, parts)
    accumulator.exchange(batch, parts)
    metrics.onDivision(batch, failures)
    onChange()
  }

  #retry(queue: PartitionQueue, batch: ProducerBatch, error: KafkaError, maxPauseMs?: number): void {
    batch.lastError = error
    const { config, cluster, transactions, metrics, onChange } = this.#options
    if (transactions?.abandonedBy !== undefined) {
      this.#fail(queue, batch, transactions.abandonedBy, 'unknown')
      return
    }
    const now = cluster.nowMs()
    if (now - batch.createdMs >= config.deliveryTimeoutMs) {
      this.#fail(queue, batch, this.#timeoutError(batch, now), 'unknown')
      return
    }
    if (batch.attempts > config.retries) {
      this.#refuse(queue, batch, error)
      return
    }
    metrics.onRetry(batch)
    queue.requeue(batch)
    if (maxPauseMs !== 0) this.#backOff(queue, now, maxPauseMs)
    onChange()
  }

  /** No more attempts: what an earlier one has left in the log is there all the same. */
  #refuse(queue: PartitionQueue, batch: ProducerBatch, error: KafkaError, errorsByRecord?: ReadonlyMap<number, KafkaError>): void {
    if (batch.mayBeInLog && queue.isInLog(batch)) this.#settle(batch, () => batch.acknowledge(-1, -1))
    else this.#fail(queue, batch, error, batch.mayBeInLog ? 'unknown' : 'refused', errorsByRecord)
  }

  /** `outcome`: certainly not in the log, or perhaps. */
  #fail(
    queue: PartitionQueue,
    batch: ProducerBatch,
    error: KafkaError,
    outcome: 'refused' | 'unknown',
    errorsByRecord?: ReadonlyMap<number, KafkaError>,
  ): void {
    const { identity, transactions } = this.#options
    const isInDoubt = outcome === 'unknown' && batch.baseSequence >= 0
    if (outcome === 'refused') queue.closeGap(batch)
    else if (isInDoubt && transactions === undefined) identity?.bumpEpoch()
    transactions?.onSendFailed(error, isInDoubt)
    this.#settleFailed(batch, error, errorsByRecord)
    this.#dropIfIdle(queue)
    this.#options.onChange()
  }

  #settleFailed(batch: ProducerBatch, error: KafkaError, errorsByRecord?: ReadonlyMap<number, KafkaError>): void {
    if (batch.isSettled) return
    this.#options.metrics.onFailure(batch, error)
    const builder = batch.fail(error, errorsByRecord)
    // What a broker that hangs has not read yet is not to be written over.
    this.#options.accumulator.release(batch, batch.attempts === 0 ? builder : undefined)
  }

  #settle(batch: ProducerBatch, acknowledge: () => ReturnType<ProducerBatch['acknowledge']>): void {
    const { accumulator, metrics, onChange } = this.#options
    metrics.onAcknowledge(batch)
    accumulator.release(batch, acknowledge())
    this.#dropIfIdle(accumulator.queue(batch.topic, batch.partition))
    onChange()
  }

  #land(batch: ProducerBatch): PartitionQueue {
    const queue = this.#options.accumulator.queue(batch.topic, batch.partition)
    queue.landed(batch)
    return queue
  }

  #dropIfIdle(queue: PartitionQueue): void {
    if (queue.isIdle) this.#options.accumulator.active.delete(queue)
  }

  #backOff(queue: PartitionQueue, now: number, maxMs = Number.POSITIVE_INFINITY): number {
    // All that was under way fails together: that is one failure.
    if (queue.notBeforeMs > now) return queue.notBeforeMs - now
    const { retryBackoffMs, retryBackoffMaxMs } = this.#options.cluster.config
    const pauseMs = Math.min(maxMs, backoffMs(retryBackoffMs, retryBackoffMaxMs, queue.failures++, this.#options.cluster.runtime.random))
    queue.notBeforeMs = now + pauseMs
    return pauseMs
  }

  #refreshMetadata(): void {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    this.#options.topics
      .refresh()
      // It is asked for again when the next attempt fails.
      .catch(() => undefined)
      .finally(() => {
        this.#isRefreshing = false
        this.#options.onChange()
      })
  }

  #expire(): void {
    const now = this.#options.cluster.nowMs()
    const oldestMs = now - this.#options.config.deliveryTimeoutMs
    for (const queue of this.#options.accumulator.active) {
      for (const batch of [...queue.inFlight, ...queue.waiting]) {
        if (batch.createdMs > oldestMs) continue
        queue.landed(batch)
        const index = queue.waiting.indexOf(batch)
        if (index >= 0) queue.waiting.splice(index, 1)
        this.#fail(queue, batch, this.#timeoutError(batch, now), 'unknown')
      }
    }
  }

  #timeoutError(batch: ProducerBatch, now: number): TimeoutError {
    const reason = batch.lastError === undefined ? '' : `: ${batch.lastError.message}`
    return new TimeoutError(
      `Not acknowledged within delivery.timeout.ms, ${Math.round(now - batch.createdMs)} ms after send(): ${describeLost(batch)}${reason}`,
      {
        cause: batch.lastError,
      },
    )
  }
}

function describe(batch: ProducerBatch): string {
  return `${batch.recordCount} record${batch.recordCount === 1 ? '' : 's'} to ${batch.topic}-${batch.partition}`
}

/** With the keys by which the records can be told: who sent them may have many under way. */
function describeLost(batch: ProducerBatch): string {
  const [first, last] = [0, batch.recordCount - 1].map((index) => describeKey(batch.key(index)))
  return `${describe(batch)} (${last === first ? `key ${first}` : `keys ${first} … ${last}`})`
}
