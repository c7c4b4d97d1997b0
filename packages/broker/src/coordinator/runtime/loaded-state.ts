/**
 * The state of a shard between one load and the next: the machine, and the responses parked until what they depend on is durable.
 * A write that fails ends it for good: the state has then seen records that the log may not have.
 */

import { ErrorCodes } from '@odradek/protocol'
import type { Clock, Codecs, Timer } from '@odradek/runtime'
import { CoordinatorError } from './coordinator-error.ts'
import { type CoordinatorLog, encodeBatch, encodeEnd, splitRecords } from './coordinator-log.ts'
import type { Command, CoordinatorRecord, StateMachine, TransactionalProducer, TransactionEnd } from './outcome.ts'

/** Responses that may wait for the disk at once in one shard. */
export const parkedResponsesMax = 10_000

/** Leaves room below the default max.message.bytes, since sizes are estimated before they are encoded. */
const batchBytesMax = 512 * 1024

interface Parked {
  readonly offset: number
  /** When the caller gets no answer but an error. What depends on the records still happens when they become durable. */
  readonly deadlineMs: number
  release(): void
  refuse(error: CoordinatorError): void
}

export interface LoadedStateOptions<Machine extends StateMachine> {
  readonly machine: Machine
  readonly log: CoordinatorLog
  readonly clock: Clock
  readonly codecs: Codecs
  /** Of every batch, as Kafka's coordinator of this kind writes it; it means nothing. */
  readonly baseSequence: number
  /** How long a response waits for the disk at most. */
  readonly writeTimeoutMs: number
  /** The log has refused or lost a write: this state is void. Called once. */
  onFailure(cause: unknown): void
}

/** Errors of an append that say something about the records rather than about the log. */
const refusals: ReadonlySet<number> = new Set([
  ErrorCodes.MESSAGE_TOO_LARGE,
  ErrorCodes.RECORD_LIST_TOO_LARGE,
  ErrorCodes.INVALID_RECORD,
  ErrorCodes.CORRUPT_MESSAGE,
  ErrorCodes.INVALID_TIMESTAMP,
])

/** Errors of an append that say something about the producer whose transaction the records are part of. */
const producerRefusals: ReadonlySet<number> = new Set([
  ErrorCodes.INVALID_PRODUCER_EPOCH,
  ErrorCodes.INVALID_TXN_STATE,
  ErrorCodes.TRANSACTION_COORDINATOR_FENCED,
])

export class LoadedState<Machine extends StateMachine> {
  readonly machine: Machine
  readonly #options: LoadedStateOptions<Machine>
  #parked: Parked[] = []
  #appendedOffset = -1
  #durableOffset = -1
  #timeout: Timer | undefined
  #ended: CoordinatorError | undefined

  constructor(options: LoadedStateOptions<Machine>) {
    this.machine = options.machine
    this.#options = options
  }

  get parkedResponses(): number {
    return this.#parked.length
  }

  /**
   * Runs the command now; resolves to its response once its records, and all earlier ones, are durable. Rejects with what the command
   * threw, with COORDINATOR_NOT_AVAILABLE when the disk takes too long, and with NOT_COORDINATOR when the write failed.
   */
  run<Response>(command: Command<Machine, Response>): Promise<Response> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    if (this.#parked.length >= parkedResponsesMax) return Promise.reject(new CoordinatorError(ErrorCodes.COORDINATOR_NOT_AVAILABLE))
    try {
      const outcome = command(this.machine)
      const batches = outcome.atomic === false ? splitRecords(outcome.records, batchBytesMax) : [outcome.records]
      for (const records of batches) if (records.length > 0) this.#appendRecords(records, outcome.producer)
      if (outcome.end !== undefined) this.#appendEnd(outcome.end)
      outcome.applied?.()
      return this.#park(outcome.response, outcome.durable)
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Ends this state: whoever waits is refused with `errorCode`. */
  end(errorCode: number): void {
    if (this.#ended !== undefined) return
    this.#ended = new CoordinatorError(errorCode)
    const parked = this.#parked
    this.#parked = []
    this.#timeout?.cancel()
    for (const response of parked) response.refuse(this.#ended)
    this.machine.onUnloaded(errorCode)
  }

  #appendRecords(records: readonly CoordinatorRecord[], producer: TransactionalProducer | undefined): void {
    const { clock, codecs, baseSequence } = this.#options
    const producerId = producer?.producerId ?? -1
    this.#append(encodeBatch(records, clock.nowMs(), codecs, { baseSequence, producer }), (baseOffset) => {
      records.forEach((record, index) => this.machine.replay(record, { offset: baseOffset + index, producerId }))
    })
  }

  #appendEnd(end: TransactionEnd): void {
    const { clock, codecs } = this.#options
    this.#append(encodeEnd(end, clock.nowMs(), codecs), () => this.machine.replayEnd?.(end.producerId, end.type === 'COMMIT'))
  }

  #append(batch: Buffer, replay: (baseOffset: number) => void): void {
    const { log } = this.#options
    const result = log.append(batch, { origin: 'coordinator' })
    if (result.errorCode !== ErrorCodes.NONE) throw this.#refused(result.errorCode, result.errorMessage)
    const { baseOffset, lastOffset } = result
    this.#appendedOffset = lastOffset
    try {
      replay(baseOffset)
    } catch (error) {
      // The log holds what the state could not take in: only a fresh replay can bring the two together again.
      this.#fail(error)
      throw error
    }
    log.whenDurable(lastOffset).then(
      () => this.#release(lastOffset),
      (cause: unknown) => this.#fail(cause),
    )
  }

  #refused(errorCode: number, message: string | null): CoordinatorError {
    if (producerRefusals.has(errorCode)) return new CoordinatorError(errorCode, message ?? undefined)
    if (refusals.has(errorCode)) return new CoordinatorError(ErrorCodes.UNKNOWN_SERVER_ERROR, message ?? undefined)
    this.#fail(new CoordinatorError(errorCode, message ?? undefined))
    return new CoordinatorError(ErrorCodes.NOT_COORDINATOR)
  }

  #park<Response>(response: Response, durable: (() => void) | undefined): Promise<Response> {
    const offset = this.#appendedOffset
    if (offset <= this.#durableOffset) {
      durable?.()
      return Promise.resolve(response)
    }
    const { clock, writeTimeoutMs } = this.#options
    this.#timeout ??= clock.setTimer(writeTimeoutMs, () => this.#refuseLate(), true)
    return new Promise((resolve, refuse) => {
      const release = (): void => {
        durable?.()
        resolve(response)
      }
      this.#parked.push({ offset, deadlineMs: clock.monotonicMs() + writeTimeoutMs, release, refuse })
    })
  }

  #refuseLate(): void {
    this.#timeout = undefined
    const nowMs = this.#options.clock.monotonicMs()
    const inTime = this.#parked.find((response) => response.deadlineMs > nowMs)
    for (const response of this.#parked) {
      if (response.deadlineMs <= nowMs) response.refuse(new CoordinatorError(ErrorCodes.COORDINATOR_NOT_AVAILABLE))
    }
    if (inTime !== undefined) this.#timeout = this.#options.clock.setTimer(inTime.deadlineMs - nowMs, () => this.#refuseLate(), true)
  }

  #release(durableOffset: number): void {
    if (this.#ended !== undefined || durableOffset <= this.#durableOffset) return
    this.#durableOffset = durableOffset
    const ready: Parked[] = []
    const waiting: Parked[] = []
    for (const response of this.#parked) (response.offset <= durableOffset ? ready : waiting).push(response)
    this.#parked = waiting
    if (waiting.length === 0) {
      this.#timeout?.cancel()
      this.#timeout = undefined
    }
    for (const response of ready) this.#answer(response)
  }

  #answer(response: Parked): void {
    try {
      response.release()
    } catch (defect) {
      // Half of what was to happen has happened: only a fresh replay knows which half is true.
      response.refuse(new CoordinatorError(ErrorCodes.UNKNOWN_SERVER_ERROR))
      this.#fail(defect)
    }
  }

  #fail(cause: unknown): void {
    if (this.#ended !== undefined) return
    this.end(ErrorCodes.NOT_COORDINATOR)
    this.#options.onFailure(cause)
  }
}
