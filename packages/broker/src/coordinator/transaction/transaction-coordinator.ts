/** The transaction coordinator as the API handlers see it, spread over the shards of `__transaction_state`. Source: KIP-98, KIP-890. */

import { ErrorCodes } from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import type { Logger } from '../../logger.ts'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import type { CoordinatorLog } from '../runtime/coordinator-log.ts'
import type { CoordinatorShard } from '../runtime/coordinator-shard.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { ShardedCoordinator } from '../runtime/sharded-coordinator.ts'
import type { EndRequest } from './end-transaction.ts'
import type { InitRequest, NeedsProducerId, ProducerIdentity } from './init-producer.ts'
import { needsProducerId } from './init-producer.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import { TransactionMachine } from './transaction-machine.ts'
import type { WriteMarker } from './transaction-markers.ts'
import type { Transaction, TransactionPartitions } from './transaction.ts'

export const transactionTopic = '__transaction_state'

export interface TransactionCoordinatorOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'codecs'>
  readonly logger: Logger
  readonly config: TransactionCoordinatorConfig
  /** Opens the log of a partition of `__transaction_state`. */
  readonly openLog: (partition: number) => Promise<CoordinatorLog>
  /** Epoch of the leader of a partition of `__transaction_state`. */
  readonly leaderEpoch: (partition: number) => number
  readonly writeMarker: WriteMarker
  /** A producer id that nobody has had. */
  readonly nextProducerId: () => Promise<number>
}

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #shards: ShardedCoordinator<TransactionMachine>
  /** Who waits for the transaction of an id to have ended. */
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(options: TransactionCoordinatorOptions) {
    const { runtime, logger, config, openLog } = options
    this.#options = options
    this.#shards = new ShardedCoordinator({
      topic: transactionTopic,
      clock: runtime.clock,
      codecs: runtime.codecs,
      logger,
      baseSequence: -1,
      writeTimeoutMs: config.writeTimeoutMs,
      openLog,
      createMachine: (shard) => this.#createMachine(shard),
    })
  }

  /** Begins to load the transactions. Call once `__transaction_state` exists. */
  start(partitionCount: number, isLed?: (partition: number) => boolean): void {
    this.#shards.start(partitionCount, isLed)
  }

  changeLeader(partition: number, isLed: boolean): void {
    this.#shards.changeLeader(partition, isLed)
  }

  close(): void {
    this.#shards.close()
  }

  /** The partition of `__transaction_state` that holds an id; NaN before `start`. */
  partitionOf(transactionalId: string): number {
    return this.#shards.partitionOf(transactionalId)
  }

  whenLoaded(transactionalId: string): Promise<void> {
    return this.#shards.shardOf(transactionalId).load()
  }

  /**
   * Gives a producer its id and epoch. Rejects with CoordinatorError: INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS
   * while a transaction of a predecessor is being ended.
   */
  async initProducer(transactionalId: string, request: Omit<InitRequest, 'lastEpoch'>): Promise<ProducerIdentity> {
    if (transactionalId === '') throw new CoordinatorError(ErrorCodes.INVALID_REQUEST)
    const { timeoutMs } = request
    if (timeoutMs <= 0 || timeoutMs > this.#options.config.maxTimeoutMs) {
      throw new CoordinatorError(ErrorCodes.INVALID_TRANSACTION_TIMEOUT)
    }
    const outcome = await this.#withProducerId(transactionalId, (machine, newProducerId) =>
      machine.initProducer(transactionalId, request, newProducerId),
    )
    if (outcome === 'aborting') throw new CoordinatorError(ErrorCodes.CONCURRENT_TRANSACTIONS)
    return outcome
  }

  /** Rejects with CoordinatorError. */
  async addPartitions(
    transactionalId: string,
    producer: ProducerIdentity,
    partitions: TransactionPartitions,
    clientTransactionVersion: number,
  ): Promise<void> {
    if (transactionalId === '') throw new CoordinatorError(ErrorCodes.INVALID_REQUEST)
    await this.#write(transactionalId, (machine) => machine.addPartitions(transactionalId, producer, partitions, clientTransactionVersion))
  }

  /** Resolves when a transaction of the id has ended, after `timeoutMs` at the latest. */
  whenEnded(transactionalId: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(transactionalId) ?? new Set()
      this.#waiting.set(transactionalId, waiting)
      const wake = (): void => {
        timer.cancel()
        waiting.delete(wake)
        if (waiting.size === 0) this.#waiting.delete(transactionalId)
        resolve()
      }
      const timer = this.#options.runtime.clock.setTimer(timeoutMs, wake)
      waiting.add(wake)
    })
  }

  /** Resolves to NONE or TRANSACTION_ABORTABLE. Rejects with CoordinatorError. */
  async verify(transactionalId: string, producer: ProducerIdentity, topic: string, partition: number): Promise<number> {
    if (transactionalId === '') throw new CoordinatorError(ErrorCodes.INVALID_REQUEST)
    return this.#shards.shardOf(transactionalId).read((machine) => machine.verify(transactionalId, producer, topic, partition))
  }

  /** Resolves, once the end is decided for good, to what the producer goes on as. Rejects with CoordinatorError. */
  async endTransaction(transactionalId: string, request: EndRequest): Promise<ProducerIdentity> {
    if (transactionalId === '') throw new CoordinatorError(ErrorCodes.INVALID_REQUEST)
    return this.#withProducerId(transactionalId, (machine, newProducerId) =>
      machine.endTransaction(transactionalId, request, newProducerId),
    )
  }

  /** Rejects with CoordinatorError, TRANSACTIONAL_ID_NOT_FOUND among them. */
  async describe(transactionalId: string): Promise<Transaction> {
    if (transactionalId === '') throw new CoordinatorError(ErrorCodes.INVALID_REQUEST)
    const found = await this.#shards.shardOf(transactionalId).read((machine) => machine.describe(transactionalId))
    if (found === undefined) throw new CoordinatorError(ErrorCodes.TRANSACTIONAL_ID_NOT_FOUND)
    return found
  }

  /** Those of the partitions that `isWanted`. Rejects with COORDINATOR_LOAD_IN_PROGRESS while any of these is loading. */
  async list(isWanted: (partition: number) => boolean = () => true): Promise<Transaction[]> {
    const shards = this.#shards.shards.filter(({ partition }) => isWanted(partition))
    return (await Promise.all(shards.map((shard) => shard.read((machine) => [...machine.transactions])))).flat()
  }

  /** Runs the command; again with a fresh producer id when it turns out to need one. */
  async #withProducerId<Response>(
    transactionalId: string,
    command: (machine: TransactionMachine, newProducerId: number | undefined) => Outcome<Response | NeedsProducerId>,
  ): Promise<Response> {
    let newProducerId: number | undefined
    for (;;) {
      const outcome = await this.#write(transactionalId, (machine) => command(machine, newProducerId))
      if (outcome !== needsProducerId) return outcome
      newProducerId = await this.#options.nextProducerId()
    }
  }

  async #write<Response>(transactionalId: string, command: (machine: TransactionMachine) => Outcome<Response>): Promise<Response> {
    return this.#shards.shardOf(transactionalId).write(command)
  }

  #createMachine(shard: CoordinatorShard<TransactionMachine>): TransactionMachine {
    const { runtime, config, writeMarker, leaderEpoch, logger } = this.#options
    return new TransactionMachine({
      clock: runtime.clock,
      config,
      writeMarker,
      coordinatorEpoch: () => leaderEpoch(shard.partition),
      onEnded: (transactionalId) => {
        for (const wake of this.#waiting.get(transactionalId) ?? []) wake()
      },
      dispatch: (command) => {
        // A shard that is unloading has no use for its own commands any more; the next load starts them anew.
        shard.write(command).catch((error: unknown) => {
          if (error instanceof CoordinatorError) return
          logger.error(`transaction coordinator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
        })
      },
    })
  }
}
