/** The events of a history, version 1: what clients were asked to do, what came of it, and what happened to the cluster meanwhile. */

export const HISTORY_VERSION = 1

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number
}

export type Isolation = 'read_uncommitted' | 'read_committed'
export type Acks = 'all' | 0 | 1

/** Milliseconds of one monotonic clock; never less than in the event before. */
interface Timed {
  readonly timeMs: number
}

/** The first event of a history. */
export interface HeaderEvent {
  readonly type: 'history'
  readonly version: typeof HISTORY_VERSION
  /** What was recorded, for people. */
  readonly source?: string
}

/** A topic, before anything is done to it. A history has one life of a topic: record a topic that was recreated under another name. */
export interface TopicEvent extends Timed {
  readonly type: 'topic'
  readonly topic: string
  readonly partitions: number
  /** Default `delete`. In a compacted topic a record may give way to a later one with its key. */
  readonly cleanup?: 'delete' | 'compact'
  /** Others write to it, too: reading what no recorded producer sent is no violation. Default false. */
  readonly foreign?: boolean
}

export interface OpenProducerEvent extends Timed {
  readonly type: 'open'
  readonly role: 'producer'
  /** Unique in the history; a client that is made anew gets a new name. */
  readonly client: string
  readonly process: string
  readonly acks: Acks
  readonly idempotent: boolean
  readonly transactionalId?: string
  /** `max.in.flight.requests.per.connection`; default 5. */
  readonly maxInFlight?: number
  /** Default: many. 0 makes a duplicate a violation without idempotence, too. */
  readonly retries?: number
}

export interface OpenConsumerEvent extends Timed {
  readonly type: 'open'
  readonly role: 'consumer'
  readonly client: string
  readonly process: string
  readonly group?: string
  readonly isolation: Isolation
  /** `earliest` only for a group whose first commit is in this history; otherwise `none`. */
  readonly reset: 'earliest' | 'latest' | 'none'
  /** `classic` (the default): generations are the group's. `consumer` (KIP-848): they are each member's epoch. */
  readonly protocol?: 'classic' | 'consumer'
  /** Default 45000. */
  readonly sessionTimeoutMs?: number
  /** The client commits by itself, unseen by this history. Default false. */
  readonly autoCommit?: boolean
}

export interface OpenAdminEvent extends Timed {
  readonly type: 'open'
  readonly role: 'admin'
  readonly client: string
  readonly process: string
}

export type OpenEvent = OpenProducerEvent | OpenConsumerEvent | OpenAdminEvent

/** Recorded before the client is told to close: what it owned it gives up from here on. */
export interface CloseEvent extends Timed {
  readonly type: 'close'
  readonly client: string
}

/** A process died with all its clients: the outcome of what they had under way is unknown. */
export interface CrashEvent extends Timed {
  readonly type: 'crash'
  readonly process: string
}

/** Partitions that a consumer has taken in addition to those it has. */
export interface AssignedEvent extends Timed {
  readonly type: 'assigned'
  readonly client: string
  readonly partitions: readonly TopicPartition[]
  /** The group's generation (classic) or the member's epoch (consumer), where it is known. */
  readonly generation?: number
  /** By hand, not by the group. Default false. */
  readonly manual?: boolean
}

/** Partitions that a consumer has given up: recorded before the group may give them to another. */
export interface RevokedEvent extends Timed {
  readonly type: 'revoked'
  readonly client: string
  readonly partitions: readonly TopicPartition[]
  /** They were another's already: the member had been expelled. Default false. */
  readonly lost?: boolean
}

/** The consumer reads on from elsewhere: by seek, or by a reset after OFFSET_OUT_OF_RANGE. */
export interface SeekEvent extends Timed {
  readonly type: 'seek'
  readonly client: string
  readonly topic: string
  readonly partition: number
  /** Absent when it is not known (the end, a timestamp). */
  readonly offset?: number
}

export interface PausedEvent extends Timed {
  readonly type: 'paused' | 'resumed'
  readonly client: string
  readonly partitions: readonly TopicPartition[]
}

/** Retention or DeleteRecords: what lies below may be gone, and may have been gone for some time. */
export interface LogStartEvent extends Timed {
  readonly type: 'log-start'
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What was done to cluster or network. `start` and `end` frame the time in which clients need not get anything done; `once` is a moment. */
export interface FaultEvent extends Timed {
  readonly type: 'fault'
  readonly fault: string
  readonly phase: 'start' | 'end' | 'once'
  /** What it was done to; start and end are paired by fault and target. */
  readonly target?: string
}

/** Declares a read-process-write pipeline: each input record has exactly one output record, sent with `from`. */
export interface PipelineEvent extends Timed {
  readonly type: 'pipeline'
  readonly group: string
  readonly input: string
  readonly output: string
}

interface Invocation extends Timed {
  readonly type: 'invoke'
  /** Unique in the history; names the invocation in its completion. */
  readonly id: number
  readonly client: string
}

/** Recorded in the order of the calls. */
export interface SendInvocation extends Invocation {
  readonly op: 'send'
  readonly topic: string
  /** Absent when the partitioner decides. */
  readonly partition?: number
  /** Needed in compacted topics. */
  readonly key?: string
  /** Names the record: unique in the history. */
  readonly value: string
  readonly tombstone?: boolean
  /** Unique in the history. Absent outside transactions. */
  readonly transaction?: string
  /** The value of the input record of which this is the output. */
  readonly from?: string
}

export interface PollInvocation extends Invocation {
  readonly op: 'poll'
}

export interface CommitInvocation extends Invocation {
  readonly op: 'commit'
  readonly group: string
  readonly offsets: readonly TopicPartitionOffset[]
  readonly generation?: number
}

/** Asks for what a group has committed. */
export interface CommittedInvocation extends Invocation {
  readonly op: 'committed'
  readonly group: string
}

/** Asks for the log's bounds. */
export interface BoundsInvocation extends Invocation {
  readonly op: 'bounds'
  readonly isolation: Isolation
}

/** Makes a transactional producer ready, and fences its predecessors. */
export interface InitInvocation extends Invocation {
  readonly op: 'init'
}

export interface SendOffsetsInvocation extends Invocation {
  readonly op: 'send-offsets'
  readonly transaction: string
  readonly group: string
  readonly offsets: readonly TopicPartitionOffset[]
}

export interface EndInvocation extends Invocation {
  readonly op: 'end'
  readonly transaction: string
  readonly commit: boolean
}

export type InvokeEvent =
  | SendInvocation
  | PollInvocation
  | CommitInvocation
  | CommittedInvocation
  | BoundsInvocation
  | InitInvocation
  | SendOffsetsInvocation
  | EndInvocation

export type Operation = InvokeEvent['op']

interface Success extends Timed {
  readonly type: 'ok'
  readonly id: number
}

export interface SendSuccess extends Success {
  readonly op: 'send'
  readonly partition: number
  /** −1 when the broker did not say (acks=0). */
  readonly offset: number
}

/** Records of one partition in the order in which they were handed over. */
export interface Fetched extends TopicPartition {
  readonly offsets: readonly number[]
  /** As long as `offsets`. */
  readonly values: readonly string[]
}

export interface PollSuccess extends Success {
  readonly op: 'poll'
  readonly fetched: readonly Fetched[]
  /** Positions after the poll, where they were asked for: they show what was passed over at the end. */
  readonly positions?: readonly TopicPartitionOffset[]
}

export interface CommittedSuccess extends Success {
  readonly op: 'committed'
  /** Partitions without a commit are left out. */
  readonly offsets: readonly TopicPartitionOffset[]
}

export interface Bounds extends TopicPartition {
  readonly start?: number
  /** One past the last record that the isolation may read. */
  readonly end: number
}

export interface BoundsSuccess extends Success {
  readonly op: 'bounds'
  readonly bounds: readonly Bounds[]
}

export interface PlainSuccess extends Success {
  readonly op: 'commit' | 'init' | 'send-offsets' | 'end'
}

export type OkEvent = SendSuccess | PollSuccess | CommittedSuccess | BoundsSuccess | PlainSuccess

/** It certainly did not happen and never will. */
export interface FailEvent extends Timed {
  readonly type: 'fail'
  readonly id: number
  readonly error?: string
}

/** It may have happened, may yet happen, or may never. */
export interface InfoEvent extends Timed {
  readonly type: 'info'
  readonly id: number
  readonly error?: string
}

export type HistoryEvent =
  | HeaderEvent
  | TopicEvent
  | OpenEvent
  | CloseEvent
  | CrashEvent
  | AssignedEvent
  | RevokedEvent
  | SeekEvent
  | PausedEvent
  | LogStartEvent
  | FaultEvent
  | PipelineEvent
  | InvokeEvent
  | OkEvent
  | FailEvent
  | InfoEvent
