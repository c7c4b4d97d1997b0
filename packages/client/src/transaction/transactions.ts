/** The transactions of one producer: what may be called and sent when, and how they end. */

import { sleep } from '../cluster/backoff.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { withDeadline } from '../cluster/deadline.ts'
import { checkOffsets } from '../cluster/offsets-to-commit.ts'
import type { ConsumerGroupMetadata } from '../consumer/types.ts'
import type { BrokerError } from '../errors/kafka-error.ts'
import { ConfigError, KafkaError, StateError, TimeoutError } from '../errors/kafka-error.ts'
import type { ProducerIdentity } from '../producer/producer-id.ts'
import type { OffsetToCommit, TopicPartition } from '../topic-partition.ts'
import { CoordinatorRequests } from './coordinator-requests.ts'
import { LastEnd } from './last-end.ts'
import type { Verdict } from './transaction-error.ts'
import { causedBy, explained, fatalError, verdictOf } from './transaction-error.ts'
import type { TransactionCall, TransactionState } from './transaction-state.ts'
import { TransactionStates } from './transaction-state.ts'

export interface TransactionsOptions {
  readonly cluster: Cluster
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly maxBlockMs: number
  readonly identity: ProducerIdentity
  /** Sends all that is queued; resolves when every record is settled, however it went. */
  readonly flush: () => Promise<void>
  /** Fails the records that are queued. */
  readonly discard: (error: KafkaError) => void
  /** Resolves when what is under way is settled. */
  readonly settled: () => Promise<void>
  /** More may be sent. */
  readonly onProgress: () => void
  readonly onFatal: (error: KafkaError) => void
}

/** A call that lasts. It is kept until somebody has heard how it ended: whoever timed out calls again. */
interface Pending {
  readonly call: TransactionCall
  readonly promise: Promise<void>
  isSettled: boolean
}

export class Transactions {
  readonly #options: TransactionsOptions
  readonly #requests: CoordinatorRequests
  readonly #states = new TransactionStates()
  readonly #lastEnd: LastEnd
  #pending: Pending | undefined
  /** Ends all attempts: the producer is closed, or has failed. */
  #stoppedBy: KafkaError | undefined
  /** Why the transaction can only be aborted, or is being. */
  #abandonedBy: KafkaError | undefined
  /** The coordinator may know of the transaction. */
  #hasBegun = false
  #needsBump = false
  readonly #added = new Set<TopicPartition>()
  readonly #wanted = new Set<TopicPartition>()
  readonly #groups = new Set<string>()
  #adding: Promise<void> | undefined
  #offsets: Promise<void> = Promise.resolve()

  constructor(options: TransactionsOptions) {
    this.#options = options
    this.#requests = new CoordinatorRequests({ ...options, stoppedBy: () => this.#stoppedBy })
    const { cluster } = options
    this.#lastEnd = new LastEnd({
      nowMs: () => cluster.nowMs(),
      pause: (ms) => sleep(cluster.runtime.clock, ms),
      isEnding: () => this.#requests.isEnding(),
    })
  }

  get state(): TransactionState {
    return this.#states.current
  }

  /** Why no record is taken; undefined while a transaction is open. */
  get refusal(): KafkaError | undefined {
    if (this.#states.current === 'IN_TRANSACTION') return undefined
    return this.#objection('send()')
  }

  /** Set while records that come back are not to be sent again. */
  get abandonedBy(): KafkaError | undefined {
    return this.#abandonedBy
  }

  /** Whether a partition's batches may be sent now; if not, `onProgress` tells when they may. */
  admits(partition: TopicPartition): boolean {
    if (this.#abandonedBy !== undefined) return false
    if (this.#added.has(partition)) return true
    if (!this.#requests.isSecondProtocol) {
      this.#wanted.add(partition)
      this.#hold(() => this.#addPartitions())
      return false
    }
    const wait = this.#lastEnd.wait()
    if (wait !== undefined) {
      this.#hold(() => wait)
      return false
    }
    this.#added.add(partition)
    this.#hasBegun = true
    return true
  }

  /** No partition is admitted meanwhile, unless it is in the transaction already. */
  #hold(until: () => Promise<void>): void {
    this.#adding ??= until().finally(() => {
      this.#adding = undefined
      this.#options.onProgress()
    })
  }

  /** What a partition's leader has answered, with what it means to the transaction. */
  explain(error: BrokerError): BrokerError {
    return explained(error, this.#options.transactionalId)
  }

  /** A record was not written. `isInDoubt`: it may be, under a number that must not be used again. */
  onSendFailed(error: KafkaError, isInDoubt: boolean): void {
    this.#fail(error, isInDoubt ? 'abort-and-bump' : 'abort')
  }

  init(): Promise<void> {
    return this.#perform('initTransactions()', async () => {
      this.#states.to('INITIALIZING')
      await this.#initialise(false)
      this.#states.to('READY')
    })
  }

  begin(): void {
    const objection = this.#pendingObjection('beginTransaction()') ?? this.#objection('beginTransaction()')
    if (objection !== undefined) throw objection
    this.#states.to('IN_TRANSACTION')
  }

  async sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void> {
    const objection = this.#objection('sendOffsetsToTransaction()')
    if (objection !== undefined) throw objection
    checkGroup(group)
    checkOffsets(offsets)
    if (offsets.length === 0) return
    const sent = this.#offsets.then(() => this.#sendOffsets(offsets, group))
    this.#offsets = sent.catch(() => undefined)
    const { cluster, maxBlockMs } = this.#options
    try {
      await withDeadline(cluster.runtime.clock, sent, cluster.nowMs() + maxBlockMs, this.#lateness('sendOffsetsToTransaction()'))
    } catch (error) {
      throw error instanceof TimeoutError ? this.#fail(error, 'abort-and-bump') : error
    }
  }

  commit(): Promise<void> {
    return this.#perform('commitTransaction()', () => this.#commit())
  }

  abort(): Promise<void> {
    return this.#perform('abortTransaction()', () => this.#abort())
  }

  /** The body of `producer.transaction()`. */
  async run<T>(body: () => Promise<T>): Promise<T> {
    await this.#ready()
    this.begin()
    let result: T
    try {
      result = await body()
      await this.commit()
    } catch (error) {
      if (this.state === 'IN_TRANSACTION' || this.state === 'ABORTABLE_ERROR') {
        const end: unknown = await this.abort().catch((reason: unknown) => reason)
        // What went wrong first says more than what came of it, unless that is the end of the producer.
        if (end instanceof KafkaError && end.fatal && end !== error) throw causedBy(end, error)
      }
      throw error
    }
    return result
  }

  /** Ends what is open, before the producer closes; how that goes is nobody's concern any more. */
  async finish(): Promise<void> {
    const { cluster, maxBlockMs } = this.#options
    const pending = this.#pending?.promise ?? Promise.resolve()
    await withDeadline(cluster.runtime.clock, pending, cluster.nowMs() + maxBlockMs, 'close()').catch(() => undefined)
    if (this.state === 'IN_TRANSACTION' || this.state === 'ABORTABLE_ERROR') await this.abort().catch(() => undefined)
  }

  /** No more attempts. */
  stop(error: KafkaError): void {
    this.#stoppedBy ??= error
  }

  /** Whatever an earlier call has left under way is ended first. */
  async #ready(): Promise<void> {
    switch (this.#pending?.call) {
      case 'commitTransaction()':
        // How it ended is told to this call: a failed one leaves a transaction to abort.
        await this.commit().catch(() => undefined)
        break
      case 'abortTransaction()':
        await this.abort()
        break
      default:
    }
    if (this.state === 'UNINITIALIZED' || this.#pending?.call === 'initTransactions()') await this.init()
    if (this.state === 'ABORTABLE_ERROR') await this.abort()
  }

  #perform(call: TransactionCall, start: () => Promise<void>): Promise<void> {
    const objection = this.#pendingObjection(call) ?? (this.#pending === undefined ? this.#objection(call) : undefined)
    if (objection !== undefined) return Promise.reject(objection)
    const pending = (this.#pending ??= this.#begin(call, start))
    const { cluster, maxBlockMs } = this.#options
    return withDeadline(cluster.runtime.clock, pending.promise, cluster.nowMs() + maxBlockMs, this.#lateness(call)).finally(() => {
      if (pending.isSettled && this.#pending === pending) this.#pending = undefined
    })
  }

  #begin(call: TransactionCall, start: () => Promise<void>): Pending {
    const promise = start()
    const pending: Pending = { call, promise, isSettled: false }
    const onSettled = (): void => {
      pending.isSettled = true
    }
    promise.then(onSettled, onSettled)
    return pending
  }

  #lateness(call: TransactionCall): () => string {
    const { maxBlockMs } = this.#options
    return () => {
      const { lastError } = this.#requests
      const advice = call === 'sendOffsetsToTransaction()' ? 'abort the transaction' : 'call it again to learn how it ends'
      return `${call} took longer than max.block.ms (${maxBlockMs} ms): ${advice}${lastError === undefined ? '' : `: ${lastError.message}`}`
    }
  }

  #pendingObjection(call: TransactionCall): StateError | undefined {
    const other = this.#pending?.call
    if (other === undefined || other === call || this.#stoppedBy !== undefined) return undefined
    return new StateError(`${call}: ${other} has not ended: await it, and call it again where it has timed out`)
  }

  #objection(call: TransactionCall): KafkaError | undefined {
    if (this.#stoppedBy !== undefined) return this.#stoppedBy
    const cause = this.#abandonedBy
    if (this.state === 'ABORTABLE_ERROR' && cause !== undefined && call !== 'abortTransaction()') {
      if (call === 'commitTransaction()') return cause
      return new StateError(`${call}: the transaction has failed, call abortTransaction(): ${cause.message}`, 'STATE', { cause })
    }
    return this.#states.objection(call)
  }

  async #initialise(isBump: boolean): Promise<void> {
    const { identity } = this.#options
    try {
      const { producerId, producerEpoch } = await this.#requests.initProducerId(isBump ? identity : undefined)
      identity.assign(producerId, producerEpoch)
    } catch (error) {
      throw this.#fail(error, 'fatal')
    }
  }

  async #addPartitions(): Promise<void> {
    // All that the sender asks for in one go share a request.
    await Promise.resolve()
    while (this.#wanted.size > 0 && this.#abandonedBy === undefined) {
      const wanted = [...this.#wanted]
      try {
        // Until it is answered, even if the transaction is abandoned meanwhile: whether there is anything to end must be known.
        await this.#requests.addPartitions(this.#options.identity, wanted)
      } catch (error) {
        this.#fail(error, verdictOf(error, 'abort'))
        return
      }
      this.#hasBegun = true
      for (const partition of wanted) {
        this.#wanted.delete(partition)
        this.#added.add(partition)
      }
      this.#options.onProgress()
    }
  }

  async #sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void> {
    const { identity } = this.#options
    if (this.#abandonedBy !== undefined) throw this.#abandonedBy
    try {
      if (!this.#groups.has(group.groupId)) {
        if (!this.#requests.isSecondProtocol) await this.#requests.addOffsets(identity, group.groupId)
        this.#groups.add(group.groupId)
        this.#hasBegun = true
      }
      await this.#requests.commitOffsets(identity, offsets, group, () => this.#abandonedBy)
    } catch (error) {
      // What the transaction was given up for meanwhile has been dealt with.
      if (error instanceof Error && error === this.#abandonedBy) throw error
      // Offsets that are refused are in no transaction: an abort undoes the rest.
      throw this.#fail(error, verdictOf(error, 'abort'))
    }
  }

  async #commit(): Promise<void> {
    this.#states.to('COMMITTING')
    await Promise.all([this.#options.flush(), this.#offsets])
    await this.#adding
    this.#lastEnd.onAnswered()
    const failure = this.#abandonedBy ?? this.#stoppedBy
    if (failure !== undefined) throw failure
    try {
      await this.#end(true)
    } catch (error) {
      throw this.#fail(error, verdictOf(error, 'fatal'))
    }
    this.#reset()
  }

  async #abort(): Promise<void> {
    this.#states.to('ABORTING')
    const reason = (this.#abandonedBy ??= new StateError('The transaction of the record is aborted'))
    this.#wanted.clear()
    this.#options.discard(reason)
    await Promise.all([this.#options.settled(), this.#adding, this.#offsets])
    try {
      await this.#end(false)
    } catch (error) {
      if (verdictOf(error, 'fatal') === 'fatal') throw this.#fail(error, 'fatal')
      // The next epoch ends what the coordinator would not.
      this.#needsBump = true
    }
    if (this.#needsBump) {
      this.#states.to('INITIALIZING')
      await this.#initialise(true)
    }
    this.#reset()
  }

  /** Nothing is asked of a coordinator that knows of no transaction. */
  async #end(committed: boolean): Promise<void> {
    if (this.#stoppedBy !== undefined) throw this.#stoppedBy
    if (!this.#hasBegun) return
    const { identity } = this.#options
    const { producerId, producerEpoch } = await this.#requests.endTransaction(identity, committed)
    if (producerId < 0) return
    this.#lastEnd.onEnded()
    identity.assign(producerId, producerEpoch)
    this.#needsBump = false
  }

  #reset(): void {
    this.#states.to('READY')
    this.#abandonedBy = undefined
    this.#hasBegun = false
    this.#needsBump = false
    this.#added.clear()
    this.#wanted.clear()
    this.#groups.clear()
  }

  /** Returns the error that tells of it. */
  #fail(error: unknown, verdict: Verdict): KafkaError {
    const { transactionalId, discard, onFatal } = this.#options
    if (this.#stoppedBy !== undefined) return this.#stoppedBy
    if (verdict === 'fatal') {
      const fatal = fatalError(error, transactionalId)
      this.#states.to('FATAL_ERROR')
      this.#stoppedBy = fatal
      onFatal(fatal)
      return fatal
    }
    const reason = error as KafkaError
    if (verdict === 'abort-and-bump') this.#needsBump = true
    if (this.state === 'IN_TRANSACTION' || this.state === 'COMMITTING') {
      this.#states.to('ABORTABLE_ERROR')
      this.#abandonedBy = reason
      // Once the running code has yielded, which may be at work on what is queued.
      queueMicrotask(() => {
        if (this.#abandonedBy === reason) discard(reason)
      })
    }
    return reason
  }
}

/** Throws ConfigError: what is sent in nobody's name the group could not hold against who has its partitions by now. */
function checkGroup(group: Partial<ConsumerGroupMetadata> | undefined): void {
  const { groupId, generationId, memberId, groupInstanceId = null } = group ?? {}
  const isWhole = typeof groupId === 'string' && Number.isInteger(generationId) && typeof memberId === 'string'
  if (!isWhole || (groupInstanceId !== null && typeof groupInstanceId !== 'string'))
    throw new ConfigError('sendOffsetsToTransaction(): the group is not what a consumer says of itself: pass consumer.groupMetadata()')
}
