/** Writes a history as it happens. Clock and sink are the caller's, so that simulations and real runs write the same. */

import type {
  AssignedEvent,
  Bounds,
  BoundsInvocation,
  CommitInvocation,
  CommittedInvocation,
  EndInvocation,
  Fetched,
  HistoryEvent,
  InitInvocation,
  InvokeEvent,
  OkEvent,
  OpenAdminEvent,
  OpenConsumerEvent,
  OpenProducerEvent,
  PipelineEvent,
  PollInvocation,
  RevokedEvent,
  SeekEvent,
  SendInvocation,
  SendOffsetsInvocation,
  TopicEvent,
  TopicPartition,
  TopicPartitionOffset,
} from './format/events.ts'
import { HISTORY_VERSION } from './format/events.ts'

/** What a caller says of an event; type, time and id are the recorder's to say. */
type Said<Event> = Event extends unknown ? Omit<Event, 'type' | 'timeMs' | 'id' | 'op' | 'role'> : never

export interface RecorderOptions {
  /** Milliseconds of a monotonic clock; fractions are fine. */
  now(): number
  /** Takes each event, in order. */
  write(event: HistoryEvent): void
  /** What is recorded, for people. */
  readonly source?: string
}

/** An invocation under way; exactly one of its methods is to be called, once. */
export interface Recording<Result extends readonly unknown[]> {
  readonly id: number
  ok(...result: Result): void
  /** It certainly did not happen and never will. */
  fail(error?: unknown): void
  /** It may or may not have happened, or may yet. */
  info(error?: unknown): void
}

export class HistoryRecorder {
  readonly #options: RecorderOptions
  #lastMs = Number.NEGATIVE_INFINITY
  #lastId = 0

  constructor(options: RecorderOptions) {
    this.#options = options
    options.write({ type: 'history', version: HISTORY_VERSION, ...(options.source === undefined ? {} : { source: options.source }) })
  }

  topic(event: Said<TopicEvent>): void {
    this.#write({ type: 'topic', timeMs: this.#now(), ...event })
  }

  openProducer(event: Said<OpenProducerEvent>): void {
    this.#write({ type: 'open', role: 'producer', timeMs: this.#now(), ...event })
  }

  openConsumer(event: Said<OpenConsumerEvent>): void {
    this.#write({ type: 'open', role: 'consumer', timeMs: this.#now(), ...event })
  }

  openAdmin(event: Said<OpenAdminEvent>): void {
    this.#write({ type: 'open', role: 'admin', timeMs: this.#now(), ...event })
  }

  close(client: string): void {
    this.#write({ type: 'close', timeMs: this.#now(), client })
  }

  crash(process: string): void {
    this.#write({ type: 'crash', timeMs: this.#now(), process })
  }

  assigned(event: Said<AssignedEvent>): void {
    this.#write({ type: 'assigned', timeMs: this.#now(), ...event })
  }

  revoked(event: Said<RevokedEvent>): void {
    this.#write({ type: 'revoked', timeMs: this.#now(), ...event })
  }

  seek(event: Said<SeekEvent>): void {
    this.#write({ type: 'seek', timeMs: this.#now(), ...event })
  }

  paused(client: string, partitions: readonly TopicPartition[]): void {
    this.#write({ type: 'paused', timeMs: this.#now(), client, partitions })
  }

  resumed(client: string, partitions: readonly TopicPartition[]): void {
    this.#write({ type: 'resumed', timeMs: this.#now(), client, partitions })
  }

  logStart(place: TopicPartitionOffset): void {
    this.#write({ type: 'log-start', timeMs: this.#now(), ...place })
  }

  pipeline(event: Said<PipelineEvent>): void {
    this.#write({ type: 'pipeline', timeMs: this.#now(), ...event })
  }

  /** Something is done to the cluster until the returned function is called. */
  fault(fault: string, target?: string): () => void {
    const what = { type: 'fault', fault, ...(target === undefined ? {} : { target }) } as const
    this.#write({ ...what, phase: 'start', timeMs: this.#now() })
    return () => this.#write({ ...what, phase: 'end', timeMs: this.#now() })
  }

  /** Something is done to the cluster that is over at once. */
  faultOnce(fault: string, target?: string): void {
    this.#write({ type: 'fault', fault, phase: 'once', timeMs: this.#now(), ...(target === undefined ? {} : { target }) })
  }

  send(event: Said<SendInvocation>): Recording<[partition: number, offset: number]> {
    return this.#invoke({ type: 'invoke', op: 'send', ...this.#next(), ...event }, (done, partition, offset) => ({
      ...done,
      op: 'send',
      partition,
      offset,
    }))
  }

  poll(event: Said<PollInvocation>): Recording<[fetched: readonly Fetched[], positions?: readonly TopicPartitionOffset[]]> {
    return this.#invoke({ type: 'invoke', op: 'poll', ...this.#next(), ...event }, (done, fetched, positions) => ({
      ...done,
      op: 'poll',
      fetched,
      ...(positions === undefined ? {} : { positions }),
    }))
  }

  commit(event: Said<CommitInvocation>): Recording<[]> {
    return this.#invoke({ type: 'invoke', op: 'commit', ...this.#next(), ...event }, (done) => ({ ...done, op: 'commit' }))
  }

  committed(event: Said<CommittedInvocation>): Recording<[offsets: readonly TopicPartitionOffset[]]> {
    return this.#invoke({ type: 'invoke', op: 'committed', ...this.#next(), ...event }, (done, offsets) => ({
      ...done,
      op: 'committed',
      offsets,
    }))
  }

  bounds(event: Said<BoundsInvocation>): Recording<[bounds: readonly Bounds[]]> {
    return this.#invoke({ type: 'invoke', op: 'bounds', ...this.#next(), ...event }, (done, bounds) => ({ ...done, op: 'bounds', bounds }))
  }

  init(event: Said<InitInvocation>): Recording<[]> {
    return this.#invoke({ type: 'invoke', op: 'init', ...this.#next(), ...event }, (done) => ({ ...done, op: 'init' }))
  }

  sendOffsets(event: Said<SendOffsetsInvocation>): Recording<[]> {
    return this.#invoke({ type: 'invoke', op: 'send-offsets', ...this.#next(), ...event }, (done) => ({ ...done, op: 'send-offsets' }))
  }

  end(event: Said<EndInvocation>): Recording<[]> {
    return this.#invoke({ type: 'invoke', op: 'end', ...this.#next(), ...event }, (done) => ({ ...done, op: 'end' }))
  }

  #invoke<Result extends readonly unknown[]>(
    event: InvokeEvent,
    success: (done: { type: 'ok'; timeMs: number; id: number }, ...result: Result) => OkEvent,
  ): Recording<Result> {
    const { id } = event
    this.#write(event)
    const end = (type: 'fail' | 'info', error: unknown): void => {
      this.#write({ type, timeMs: this.#now(), id, ...(error === undefined ? {} : { error: textOf(error) }) })
    }
    return {
      id,
      ok: (...result) => this.#write(success({ type: 'ok', timeMs: this.#now(), id }, ...result)),
      fail: (error) => end('fail', error),
      info: (error) => end('info', error),
    }
  }

  #next(): { timeMs: number; id: number } {
    this.#lastId += 1
    return { timeMs: this.#now(), id: this.#lastId }
  }

  /** Never less than before: a simulated clock may step back. */
  #now(): number {
    this.#lastMs = Math.max(this.#lastMs, this.#options.now())
    return this.#lastMs
  }

  #write(event: HistoryEvent): void {
    this.#options.write(event)
  }
}

/** Groups records by partition, each in its order, as a poll's success wants them. */
export function fetchedOf(records: Iterable<TopicPartitionOffset & { readonly value: string }>): Fetched[] {
  const byPlace = new Map<string, { topic: string; partition: number; offsets: number[]; values: string[] }>()
  for (const { topic, partition, offset, value } of records) {
    const place = `${topic}:${partition}`
    let fetched = byPlace.get(place)
    if (fetched === undefined) byPlace.set(place, (fetched = { topic, partition, offsets: [], values: [] }))
    fetched.offsets.push(offset)
    fetched.values.push(value)
  }
  return [...byPlace.values()]
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? `${error.code}: ${error.message}` : error.message
}
