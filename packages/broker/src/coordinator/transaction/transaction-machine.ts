/** The state machine of one partition of `__transaction_state`: its commands and queries over transactional ids. */

import { ErrorCodes, transactionLogKey } from '@odradek/protocol'
import type { Clock } from '@odradek/runtime'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import type { CoordinatorRecord, Outcome, StateMachine } from '../runtime/outcome.ts'
import { TimerTable } from '../runtime/timer-table.ts'
import type { EndRequest } from './end-transaction.ts'
import { decideEnd, fenceAndAbort } from './end-transaction.ts'
import type { InitRequest, NeedsProducerId, ProducerIdentity } from './init-producer.ts'
import { decideInit, needsProducerId } from './init-producer.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import type { WriteMarker } from './transaction-markers.ts'
import { TransactionMarkers } from './transaction-markers.ts'
import { decodeTransaction, transactionRecord, transactionTombstone } from './transaction-records.ts'
import type { Transaction, TransactionPartitions } from './transaction.ts'
import { completed, includes, isAtRest, isPreparing, newTransaction, noProducerEpoch, withPartitions } from './transaction.ts'

export interface TransactionMachineOptions {
  readonly clock: Clock
  readonly config: TransactionCoordinatorConfig
  readonly writeMarker: WriteMarker
  /** Epoch of the leader of this partition of `__transaction_state`, which markers carry. */
  readonly coordinatorEpoch: () => number
  /** Runs a command of this machine's own making, through its shard. */
  readonly dispatch: (command: (machine: TransactionMachine) => Outcome<void>) => void
  /** The id may begin its next transaction. */
  readonly onEnded: (transactionalId: string) => void
}

export class TransactionMachine implements StateMachine {
  readonly #options: TransactionMachineOptions
  readonly #timers: TimerTable
  readonly #markers: TransactionMarkers
  readonly #transactions = new Map<string, Transaction>()
  /** Soft, as in Kafka: a producer that repeats its InitProducerId after a restart of the coordinator is fenced. */
  readonly #lastEpochs = new Map<string, number>()

  constructor(options: TransactionMachineOptions) {
    this.#options = options
    this.#timers = new TimerTable(options.clock)
    this.#markers = new TransactionMarkers({
      clock: options.clock,
      writeMarker: options.writeMarker,
      onComplete: (transaction) => options.dispatch((machine) => machine.complete(transaction)),
    })
  }

  /** Every transactional id of this shard. */
  get transactions(): Iterable<Transaction> {
    return this.#transactions.values()
  }

  replay({ key, value }: CoordinatorRecord): void {
    const { transactionalId } = transactionLogKey.decode(key)
    if (value === null) this.#transactions.delete(transactionalId)
    else this.#transactions.set(transactionalId, decodeTransaction(transactionalId, value))
  }

  onLoaded(): void {
    for (const transaction of this.#transactions.values()) if (isPreparing(transaction)) this.#end(transaction.transactionalId)
    this.#repeat('timeouts', this.#options.config.timeoutCheckIntervalMs, () => this.#abortTimedOut())
    this.#repeat('expiry', this.#options.config.expirationCheckIntervalMs, () => this.#options.dispatch((machine) => machine.expire()))
  }

  onUnloaded(): void {
    this.#timers.clear()
    this.#markers.close()
  }

  /** 'aborting': an open transaction is being ended first; ask again. */
  initProducer(
    transactionalId: string,
    request: Omit<InitRequest, 'lastEpoch'>,
    newProducerId: number | undefined,
  ): Outcome<ProducerIdentity | 'aborting' | NeedsProducerId> {
    const known = this.#transactions.get(transactionalId)
    if (known === undefined && newProducerId === undefined) return { records: [], response: needsProducerId }
    const transaction = known ?? newTransaction(transactionalId, newProducerId ?? 0)
    const lastEpoch = this.#lastEpochs.get(transactionalId) ?? noProducerEpoch
    const decision = decideInit(transaction, { ...request, lastEpoch }, newProducerId, this.#nowMs())
    if (decision === needsProducerId) return { records: [], response: needsProducerId }
    if (decision === 'abort-first') return { ...this.#ending(fenceAndAbort(transaction, this.#nowMs())), response: 'aborting' }
    return {
      records: [transactionRecord(decision.transaction)],
      response: identityOf(decision.transaction),
      applied: () => this.#lastEpochs.set(transactionalId, decision.lastEpoch),
    }
  }

  /** Yields the error code. */
  addPartitions(
    transactionalId: string,
    producer: ProducerIdentity,
    partitions: TransactionPartitions,
    clientTransactionVersion: number,
  ): Outcome<number> {
    const transaction = this.#current(transactionalId, producer)
    if (transaction.state === 'Ongoing' && includes(transaction, partitions)) return { records: [], response: ErrorCodes.NONE }
    const next = withPartitions(transaction, partitions, clientTransactionVersion, this.#nowMs())
    return { records: [transactionRecord(next)], response: ErrorCodes.NONE }
  }

  /** Whether the partition is part of the producer's open transaction (KIP-890): NONE, or TRANSACTION_ABORTABLE. Throws CoordinatorError. */
  verify(transactionalId: string, producer: ProducerIdentity, topic: string, partition: number): number {
    const transaction = this.#current(transactionalId, producer)
    const isPart = transaction.partitions.get(topic)?.has(partition) === true
    return isPart ? ErrorCodes.NONE : ErrorCodes.TRANSACTION_ABORTABLE
  }

  /** Yields what the producer goes on as. Throws CoordinatorError. */
  endTransaction(
    transactionalId: string,
    request: EndRequest,
    newProducerId: number | undefined,
  ): Outcome<ProducerIdentity | NeedsProducerId> {
    const transaction = this.#get(transactionalId)
    const decision = decideEnd(transaction, request, newProducerId, this.#nowMs())
    if (decision === needsProducerId) return { records: [], response: needsProducerId }
    if (decision === 'done') return { records: [], response: identityOf(transaction) }
    return { ...this.#ending(decision), response: identityOf(completed(decision, this.#nowMs())) }
  }

  /** All partitions have their markers. */
  complete({ transactionalId, producerId, producerEpoch }: Transaction): Outcome<void> {
    const transaction = this.#transactions.get(transactionalId)
    const isSame = transaction?.producerId === producerId && transaction.producerEpoch === producerEpoch && isPreparing(transaction)
    if (!isSame) return { records: [], response: undefined }
    return {
      records: [transactionRecord(completed(transaction, this.#nowMs()))],
      response: undefined,
      applied: () => this.#options.onEnded(transactionalId),
    }
  }

  /** A transaction that is still open although its time is up. */
  timeOut(transactionalId: string): Outcome<void> {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined || !this.#isOverdue(transaction)) return { records: [], response: undefined }
    return { ...this.#ending(fenceAndAbort(transaction, this.#nowMs())), response: undefined }
  }

  /** Ids unused for `transactional.id.expiration.ms` go. */
  expire(): Outcome<void> {
    const oldestMs = this.#nowMs() - this.#options.config.idExpirationMs
    const expired = [...this.#transactions.values()].filter(
      (transaction) => isAtRest(transaction) && transaction.lastUpdateTimestampMs <= oldestMs,
    )
    return {
      records: expired.map(({ transactionalId }) => transactionTombstone(transactionalId)),
      response: undefined,
      atomic: false,
      applied: () => expired.forEach(({ transactionalId }) => this.#lastEpochs.delete(transactionalId)),
    }
  }

  /** Undefined for an id that is not known. */
  describe(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  /** A record that prepares an end, and what follows once it is durable. */
  #ending(transaction: Transaction): Pick<Outcome<void>, 'records' | 'durable'> {
    return { records: [transactionRecord(transaction)], durable: () => this.#end(transaction.transactionalId) }
  }

  #end(transactionalId: string): void {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined || !isPreparing(transaction)) return
    void this.#markers.write(transaction, this.#options.coordinatorEpoch())
  }

  #abortTimedOut(): void {
    for (const transaction of this.#transactions.values()) {
      if (this.#isOverdue(transaction)) this.#options.dispatch((machine) => machine.timeOut(transaction.transactionalId))
    }
  }

  #isOverdue({ state, startTimestampMs, timeoutMs }: Transaction): boolean {
    return state === 'Ongoing' && startTimestampMs + timeoutMs < this.#nowMs()
  }

  #get(transactionalId: string): Transaction {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined) throw new CoordinatorError(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    return transaction
  }

  /** The transaction when it is this producer's, and not about to end. */
  #current(transactionalId: string, { producerId, producerEpoch }: ProducerIdentity): Transaction {
    const transaction = this.#get(transactionalId)
    if (transaction.producerId !== producerId) throw new CoordinatorError(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    if (transaction.producerEpoch !== producerEpoch) throw new CoordinatorError(ErrorCodes.PRODUCER_FENCED)
    if (isPreparing(transaction)) throw new CoordinatorError(ErrorCodes.CONCURRENT_TRANSACTIONS)
    return transaction
  }

  #repeat(name: string, intervalMs: number, run: () => void): void {
    this.#timers.set(name, intervalMs, () => {
      run()
      this.#repeat(name, intervalMs, run)
    })
  }

  #nowMs(): number {
    return this.#options.clock.nowMs()
  }
}

function identityOf({ producerId, producerEpoch }: Transaction): ProducerIdentity {
  return { producerId, producerEpoch }
}
