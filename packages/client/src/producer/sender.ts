/** Sends what is ready, broker by broker, and wakes itself when more will be. What becomes of a batch afterwards is Deliveries' part. */

import { produce } from '@odradek/protocol'
import type { BuildOptions } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ProducerValues } from '../config/producer.ts'
import type { Connection } from '../connection/connection.ts'
import type { Transactions } from '../transaction/transactions.ts'
import type { Accumulator } from './accumulator.ts'
import { BatchCompressor } from './batch-compressor.ts'
import type { Deliveries } from './deliveries.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { EncodedBatch } from './produce-request.ts'
import { matchResponse, produceRequest } from './produce-request.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerIdentity } from './producer-id.ts'

/** Unsent bytes in a socket at which `acks=0`, which has no answers to wait for, stops adding more. */
const CONGESTED_BYTES = 4 * 1024 * 1024
/** Timers are in whole milliseconds; a batch this close to its time goes now. */
const TIMER_SLACK_MS = 0.5

/** What is under way to one broker. */
interface Lane {
  inFlight: number
  isConnecting: boolean
  /** Monotonic time since which batches have been ready and the broker took none; −1: it takes them. */
  stalledSinceMs: number
}

export interface SenderOptions {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly config: ProducerValues
  readonly accumulator: Accumulator
  readonly deliveries: Deliveries
  /** Undefined without idempotence. */
  readonly identity: ProducerIdentity | undefined
  /** Undefined without `transactional.id`. */
  readonly transactions: Transactions | undefined
  readonly onFatal: (error: unknown) => void
}

export class Sender {
  /** Sends every batch without waiting for `linger.ms` while it is above 0. */
  hurry = 0
  readonly #options: SenderOptions
  readonly #lanes = new Map<number, Lane>()
  readonly #acks: number
  readonly #compressor: BatchCompressor
  #isPreparing = false
  #isScheduled = false
  #isClosed = false
  #timer: Timer | undefined
  #timerMs = Number.POSITIVE_INFINITY

  constructor(options: SenderOptions) {
    this.#options = options
    this.#acks = options.config.acks === 'all' ? -1 : Number(options.config.acks)
    this.#compressor = new BatchCompressor({
      runtime: options.cluster.runtime,
      config: options.config,
      onCompressed: () => this.wake(),
    })
  }

  /** Looks for work once the running code has yielded. */
  wake(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.run()
    })
  }

  /** For how long a node has taken no batch although some were ready for it. */
  stalledMs(nodeId: number): number {
    const sinceMs = this.#lanes.get(nodeId)?.stalledSinceMs ?? -1
    return sinceMs < 0 ? 0 : this.#options.cluster.nowMs() - sinceMs
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  run(): void {
    if (!this.#isReady()) return
    const now = this.#options.cluster.nowMs()
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (let sentAny = true; sentAny; ) {
      const round = this.#collect(now)
      for (const [nodeId, queues] of round.queuesByNode) this.#send(nodeId, queues)
      sentAny = round.queuesByNode.size > 0
      wakeAtMs = round.wakeAtMs
    }
    this.#wakeAt(wakeAtMs, now)
  }

  /** The partitions whose first batch goes now, one request a broker, and when to look again. */
  #collect(now: number): {
    queuesByNode: Map<number, { connection: Connection; queues: PartitionQueue[]; bytes: number }>
    wakeAtMs: number
  } {
    const queuesByNode = new Map<number, { connection: Connection; queues: PartitionQueue[]; bytes: number }>()
    let wakeAtMs = Number.POSITIVE_INFINITY
    const { cluster, accumulator, config, transactions } = this.#options
    for (const queue of accumulator.active) {
      const first = queue.waiting[0]
      if (first === undefined || first.recordCount === 0) continue
      const readyAtMs = this.#readyAt(queue, now)
      if (readyAtMs > now + TIMER_SLACK_MS) {
        wakeAtMs = Math.min(wakeAtMs, readyAtMs)
        continue
      }
      if (transactions !== undefined && !transactions.admits(queue)) continue
      if (!this.#compressor.prepare(queue.waiting)) continue
      const leader = cluster.metadata.leader(queue.topic, queue.partition)
      if (leader === undefined) {
        wakeAtMs = Math.min(wakeAtMs, now + this.#options.deliveries.seekLeader(queue, now))
        continue
      }
      const connection = this.#connectionFor(leader.id)
      const lane = this.#lane(leader.id)
      if (connection === undefined) {
        if (lane.stalledSinceMs < 0) lane.stalledSinceMs = now
        continue
      }
      lane.stalledSinceMs = -1
      const request = queuesByNode.get(leader.id)
      if (request === undefined) {
        queuesByNode.set(leader.id, { connection, queues: [queue], bytes: first.sizeBytes })
      } else if (request.bytes + first.sizeBytes <= config.maxRequestSize) {
        request.queues.push(queue)
        request.bytes += first.sizeBytes
      }
    }
    return { queuesByNode, wakeAtMs }
  }

  /** When the first waiting batch may go; Infinity when only an answer can tell. */
  #readyAt(queue: PartitionQueue, now: number): number {
    const { config, identity } = this.#options
    if (queue.mustWaitForInFlight(identity?.generation ?? -1)) return Number.POSITIVE_INFINITY
    if (config.maxInFlightRequestsPerConnection === 1 && queue.inFlight.length > 0) return Number.POSITIVE_INFINITY
    if (queue.notBeforeMs > now) return queue.notBeforeMs
    const first = queue.waiting[0]
    if (first === undefined) return Number.POSITIVE_INFINITY
    if (this.hurry > 0 || first.isClosed || first.attempts > 0 || queue.waiting.length > 1) return now
    return first.createdMs + config.lingerMs
  }

  /** Undefined while connecting and while the broker has as many requests as it may. */
  #connectionFor(nodeId: number): Connection | undefined {
    const { cluster, config } = this.#options
    const lane = this.#lane(nodeId)
    if (lane.inFlight >= config.maxInFlightRequestsPerConnection) return undefined
    const connection = cluster.openConnection(nodeId)
    if (connection !== undefined) return connection.bufferedBytes < CONGESTED_BYTES ? connection : this.#afterDrain(connection)
    if (lane.isConnecting) return undefined
    lane.isConnecting = true
    cluster
      .connectionTo(nodeId)
      .catch((error: unknown) => this.#options.deliveries.onUnreachable(nodeId, error))
      .finally(() => {
        lane.isConnecting = false
        this.wake()
      })
    return undefined
  }

  #afterDrain(connection: Connection): undefined {
    connection.onDrain = () => this.wake()
    return undefined
  }

  #send(nodeId: number, request: { connection: Connection; queues: PartitionQueue[] }): void {
    const { deliveries, identity, accumulator, cluster, config } = this.#options
    const lane = this.#lane(nodeId)
    const batches: EncodedBatch[] = []
    for (const queue of request.queues) {
      const batch = queue.take(identity?.generation ?? -1)
      if (batch === undefined) continue
      // To the end of the line, so that every partition has its turn when a request is full.
      accumulator.active.delete(queue)
      accumulator.active.add(queue)
      const records = batch.encode(this.#buildOptions(batch))
      deliveries.onSend(batch, records.length)
      batches.push({ batch, records })
    }
    deliveries.onRequest(batches)
    const message = produceRequest(batches, this.#acks, cluster.config.requestTimeoutMs, config.transactionalId)
    if (this.#acks === 0) {
      this.#sendUnanswered(request.connection, batches)
      return
    }
    lane.inFlight++
    request.connection
      .send(produce, message)
      .then(
        (response) => {
          const source = { nodeId, nodeEndpoints: response.nodeEndpoints }
          matchResponse(batches, response, (batch, answer) => deliveries.onAnswer(batch, answer, source))
        },
        (error: unknown) => deliveries.onLost(batches, error),
      )
      .finally(() => {
        lane.inFlight--
        this.wake()
      })
  }

  /** A batch is done when the socket has it, which until then reads its memory. */
  #sendUnanswered(connection: Connection, batches: readonly EncodedBatch[]): void {
    const { deliveries, cluster } = this.#options
    connection.sendUnanswered(produce, produceRequest(batches, 0, cluster.config.requestTimeoutMs, null)).then(
      () => {
        for (const { batch } of batches) deliveries.onUnanswered(batch)
      },
      (error: unknown) => deliveries.onLost(batches, error),
    )
  }

  #buildOptions(batch: ProducerBatch): BuildOptions {
    const { cluster, identity, transactions } = this.#options
    const crc32c = (data: Uint8Array): number => cluster.runtime.codecs.crc32c(data)
    const compression = this.#compressor.compression(batch)
    if (identity === undefined) return { crc32c, compression }
    const { producerId, epoch: producerEpoch } = identity
    return { crc32c, compression, producerId, producerEpoch, baseSequence: batch.baseSequence, isTransactional: transactions !== undefined }
  }

  /** False while the codec is being loaded or the producer id asked for; both wake the sender. */
  #isReady(): boolean {
    const { identity, transactions, onFatal } = this.#options
    const needsIdentity = identity !== undefined && transactions === undefined && !identity.isKnown
    if (this.#compressor.isLoaded && !needsIdentity) return true
    if (this.#isPreparing) return false
    this.#isPreparing = true
    Promise.all([this.#compressor.load(), needsIdentity ? identity.acquire() : undefined])
      .catch(onFatal)
      .finally(() => {
        this.#isPreparing = false
        this.wake()
      })
    return false
  }

  #lane(nodeId: number): Lane {
    let lane = this.#lanes.get(nodeId)
    if (lane === undefined) {
      lane = { inFlight: 0, isConnecting: false, stalledSinceMs: -1 }
      this.#lanes.set(nodeId, lane)
    }
    return lane
  }

  #wakeAt(atMs: number, now: number): void {
    if (atMs === this.#timerMs) return
    this.#timer?.cancel()
    this.#timerMs = atMs
    if (atMs === Number.POSITIVE_INFINITY) return
    this.#timer = this.#options.cluster.runtime.clock.setTimer(Math.max(0, atMs - now), () => {
      this.#timerMs = Number.POSITIVE_INFINITY
      this.run()
    })
  }
}
