/** A transaction coordinator of one shard on a manual clock and a log in memory, with partitions that take markers when the test lets them. */

import { createNodeCodecs } from '@odradek/runtime'
import { CoordinatorError } from '../../../src/coordinator/runtime/coordinator-error.ts'
import type { ProducerIdentity } from '../../../src/coordinator/transaction/init-producer.ts'
import type { TransactionCoordinatorConfig } from '../../../src/coordinator/transaction/transaction-config.ts'
import { defaultTransactionCoordinatorConfig } from '../../../src/coordinator/transaction/transaction-config.ts'
import { TransactionCoordinator } from '../../../src/coordinator/transaction/transaction-coordinator.ts'
import type { Marker, MarkerOutcome } from '../../../src/coordinator/transaction/transaction-markers.ts'
import { silentLogger } from '../../../src/logger.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryLog } from './memory-log.ts'

const codecs = createNodeCodecs()

export interface WrittenMarker extends Marker {
  readonly topic: string
  readonly partition: number
}

export interface TransactionBenchOptions {
  readonly log?: MemoryLog
  readonly clock?: ManualClock
  readonly config?: Partial<TransactionCoordinatorConfig>
  /** Given out so far; a restart goes on from there. */
  readonly producerIds?: number
}

export class TransactionBench {
  readonly clock: ManualClock
  readonly log: MemoryLog
  readonly transactions: TransactionCoordinator
  readonly markers: WrittenMarker[] = []
  /** How partitions answer markers from now on. */
  markerOutcome: MarkerOutcome | 'never' = 'done'
  #producerIds: number

  constructor(options: TransactionBenchOptions = {}) {
    this.clock = options.clock ?? new ManualClock()
    this.log = options.log ?? new MemoryLog()
    this.#producerIds = options.producerIds ?? 0
    this.transactions = new TransactionCoordinator({
      runtime: { clock: this.clock, codecs },
      logger: silentLogger,
      config: { ...defaultTransactionCoordinatorConfig, ...options.config },
      openLog: () => Promise.resolve(this.log),
      leaderEpoch: () => 7,
      writeMarker: (topic, partition, marker) => this.#writeMarker(topic, partition, marker),
      nextProducerId: () => Promise.resolve(this.#producerIds++),
    })
  }

  async start(): Promise<this> {
    this.transactions.start(1)
    await this.transactions.whenLoaded('t')
    return this
  }

  /** The process dies and another one starts on what is left of the log. */
  crash(undurableBatches = 0): Promise<TransactionBench> {
    this.transactions.close()
    const log = this.log.afterCrash(undurableBatches)
    return new TransactionBench({ log, clock: this.clock, producerIds: this.#producerIds }).start()
  }

  init(expected?: ProducerIdentity, timeoutMs = 60_000, id = 't'): Promise<ProducerIdentity> {
    return this.transactions.initProducer(id, { timeoutMs, expected })
  }

  add(producer: ProducerIdentity, partition = 0, version = 2): Promise<void> {
    return this.transactions.addPartitions('t', producer, new Map([['orders', new Set([partition])]]), version)
  }

  end(producer: ProducerIdentity, commits: boolean, clientTransactionVersion = 2): Promise<ProducerIdentity> {
    return this.transactions.endTransaction('t', { ...producer, commits, clientTransactionVersion })
  }

  async state(): Promise<string> {
    return (await this.transactions.describe('t')).state
  }

  async #writeMarker(topic: string, partition: number, marker: Marker): Promise<MarkerOutcome> {
    if (this.markerOutcome === 'never') return new Promise(() => undefined)
    if (this.markerOutcome === 'done') this.markers.push({ topic, partition, ...marker })
    return this.markerOutcome
  }
}

/** The code that a call is refused with; 0 when it is not. */
export async function codeOf(call: Promise<unknown>): Promise<number> {
  try {
    await call
    return 0
  } catch (error) {
    if (error instanceof CoordinatorError) return error.code
    throw error
  }
}
