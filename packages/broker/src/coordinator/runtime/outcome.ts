/** What a command yields: records to append and a response, with the soft state that takes effect beside them. */

import type { EndTransactionMarker } from '@odradek/protocol'

export interface CoordinatorRecord {
  readonly key: Buffer
  /** Null is a tombstone. */
  readonly value: Buffer | null
}

/** The producer whose open transaction records are part of. */
export interface TransactionalProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Where a record stands in the log. */
export interface RecordPlace {
  readonly offset: number
  /** −1 outside a transaction. */
  readonly producerId: number
}

/** The end of a producer's transaction, as far as this log is concerned. */
export interface TransactionEnd extends TransactionalProducer, EndTransactionMarker {}

export interface Outcome<Response> {
  /** Appended as one batch, in order. */
  readonly records: readonly CoordinatorRecord[]
  readonly response: Response
  /** The records are part of this producer's transaction, and count once that is committed. */
  readonly producer?: TransactionalProducer
  /** A transaction ends here; a batch of its own, after the records. */
  readonly end?: TransactionEnd
  /** False where the records may go into several batches, of which a crash can keep the first ones only. Default true. */
  readonly atomic?: boolean
  /** Installs soft state. Called once the records have been appended and replayed; never when the append was refused. */
  readonly applied?: () => void
  /** Called once the records are durable, just before the response is released. */
  readonly durable?: () => void
}

/** The state of one shard. Hard state changes in `replay` alone; soft state (timers, waiting requests) in `applied` and `durable`. */
export interface StateMachine {
  replay(record: CoordinatorRecord, place: RecordPlace): void
  /** A producer's transaction has been committed, or aborted. Absent where none can have a part in the log. */
  replayEnd?(producerId: number, isCommitted: boolean): void
  /** The log has been replayed to its end: soft state starts here. */
  onLoaded(): void
  /** The shard gives up this state: cancel timers, answer whoever waits with `errorCode`. */
  onUnloaded(errorCode: number): void
}

/** A pure function over the state. Throws CoordinatorError to refuse. */
export type Command<Machine, Response> = (machine: Machine) => Outcome<Response>
export type Query<Machine, Response> = (machine: Machine) => Response
