/** Takes in what consumers are given: assignments, polls, seeks. */

import type { AssignedEvent, Fetched, PollSuccess, RevokedEvent, SeekEvent } from '../format/events.ts'
import type { ConsumerState, Reading } from './consumer.ts'
import type { HistoryModel } from './history-model.ts'
import type { Read } from './listener.ts'
import type { PendingOperation } from './operation.ts'
import type { PartitionLog } from './partition-log.ts'
import { HistoryRecord } from './record.ts'
import { place } from './replay-sends.ts'

export function assign(model: HistoryModel, event: AssignedEvent): void {
  const consumer = model.consumer(event.client)
  for (const { topic, partition } of event.partitions) {
    const log = model.log(topic, partition)
    if (event.manual !== true) for (const listener of model.listeners) listener.assigning?.(consumer, log, event.generation)
    const held = consumer.readings.get(log)
    if (held !== undefined) endReading(consumer, held)
    consumer.readings.set(log, {
      log,
      assignedLine: model.line,
      generation: event.generation,
      isManual: event.manual === true,
      position: -1,
      spanStart: -1,
      positionLine: model.line,
      blindFrom: -1,
      blindLine: 0,
      isPaused: false,
      committedAtAssignment: consumer.group.lowestCommit(log),
      lastCommit: -1,
      lastCommitLine: 0,
      behindSinceMs: Number.NaN,
    })
  }
  consumer.assignedLine = model.line
  model.counts.rebalances += 1
}

export function revoke(model: HistoryModel, event: RevokedEvent): void {
  const consumer = model.consumer(event.client)
  for (const { topic, partition } of event.partitions) {
    release(model, consumer, model.log(topic, partition), event.lost === true ? 'lost' : 'revoked')
  }
}

export function release(
  model: HistoryModel,
  consumer: ConsumerState,
  log: PartitionLog,
  how: 'revoked' | 'lost' | 'closed' | 'crashed',
): void {
  const reading = consumer.readings.get(log)
  if (reading === undefined) return
  endReading(consumer, reading)
  consumer.readings.delete(log)
  for (const listener of model.listeners) listener.released?.(consumer, reading, how)
}

/** Credits the group with what the reading went through. */
export function endReading({ group }: ConsumerState, { log, spanStart, position, blindFrom, blindLine }: Reading): void {
  if (spanStart >= 0) log.cover(group, spanStart, position)
  if (blindFrom >= 0) log.excuse(group, blindFrom, blindLine)
}

export function seek(model: HistoryModel, event: SeekEvent): void {
  const consumer = model.consumer(event.client)
  const log = model.log(event.topic, event.partition)
  const reading = consumer.readings.get(log) ?? model.reject(`${log.name} is not assigned to ${event.client}`)
  consumer.group.sought.add(log)
  endReading(consumer, reading)
  reading.position = event.offset ?? -1
  reading.spanStart = reading.position
  reading.positionLine = model.line
  reading.blindFrom = -1
  reading.lastCommit = -1
  reading.behindSinceMs = Number.NaN
}

/** What a poll of unknown outcome was given nobody knows. */
export function pollLost(model: HistoryModel, consumer: ConsumerState): void {
  for (const reading of consumer.readings.values()) {
    if (reading.spanStart >= 0) reading.log.cover(consumer.group, reading.spanStart, reading.position)
    if (reading.blindFrom < 0) reading.blindFrom = Math.max(0, reading.position, reading.isManual ? 0 : reading.committedAtAssignment)
    reading.blindLine = model.line
    reading.position = -1
    reading.spanStart = -1
  }
}

export class PollReplay {
  readonly #model: HistoryModel
  #read: Read | undefined

  constructor(model: HistoryModel) {
    this.#model = model
  }

  apply(consumer: ConsumerState, event: PollSuccess, operation: PendingOperation): void {
    const model = this.#model
    const seen = new Set<PartitionLog>()
    for (const fetched of event.fetched) {
      const log = model.log(fetched.topic, fetched.partition)
      this.#applyFetched(consumer, log, fetched, seen.has(log))
      if (fetched.offsets.length > 0) seen.add(log)
    }
    for (const { topic, partition, offset } of event.positions ?? []) {
      const reading = consumer.readings.get(model.log(topic, partition))
      if (reading !== undefined && reading.position >= 0 && offset > reading.position) advance(model, consumer, reading, offset, offset)
    }
    consumer.polledMs = operation.invocation.timeMs
    for (const listener of model.listeners) listener.polled?.(consumer, operation)
  }

  #applyFetched(consumer: ConsumerState, log: PartitionLog, { offsets, values }: Fetched, isContinued: boolean): void {
    const model = this.#model
    const reading = consumer.readings.get(log)
    for (let index = 0; index < offsets.length; index++) {
      const offset = offsets[index] ?? 0
      const record = this.#recordOf(log, values[index] ?? '')
      model.counts.read += 1
      place(model, record, log, offset)
      const read = this.#describe(consumer, log, record, offset, reading)
      read.isWithinPoll = index > 0 || isContinued
      if (record.readLine === 0) {
        record.readLine = model.line
        record.reader = consumer.client
      }
      if (consumer.readsCommitted && record.committedReadLine === 0) record.committedReadLine = model.line
      for (const listener of model.listeners) listener.read?.(read)
      if (consumer.readsCommitted && record.transaction?.state === 'committing') record.transaction.wasRead = true
      if (reading !== undefined) advance(model, consumer, reading, offset, offset + 1)
    }
  }

  #recordOf(log: PartitionLog, value: string): HistoryRecord {
    const { records } = this.#model
    let record = records.get(value)
    if (record === undefined) {
      record = new HistoryRecord(log.topic.name, value)
      records.set(value, record)
    }
    return record
  }

  #describe(consumer: ConsumerState, log: PartitionLog, record: HistoryRecord, offset: number, reading: Reading | undefined): Read {
    const position = reading?.position ?? -1
    const positionLine = reading?.positionLine ?? 0
    const read = (this.#read ??= { consumer, log, record, offset, reading, position, positionLine, isWithinPoll: false })
    read.consumer = consumer
    read.log = log
    read.record = record
    read.offset = offset
    read.reading = reading
    read.position = position
    read.positionLine = positionLine
    return read
  }
}

/** Moves a position on past `offset` to `next`, noting what was passed over. */
function advance(model: HistoryModel, consumer: ConsumerState, reading: Reading, offset: number, next: number): void {
  const { log, position } = reading
  if (position >= 0 && offset > position) log.gaps.push({ consumer: consumer.options, from: position, to: offset, line: model.line })
  if (position >= 0 && offset < position) {
    // Read again from before: a span of its own, lest the first look longer than it was.
    log.cover(consumer.group, reading.spanStart, position)
    reading.spanStart = offset
  }
  if (reading.blindFrom >= 0) {
    log.cover(consumer.group, reading.blindFrom, offset)
    reading.blindFrom = -1
  }
  if (reading.spanStart < 0) reading.spanStart = offset
  reading.position = next
  reading.positionLine = model.line
  const end = log.groupEnds.get(consumer.group) ?? 0
  if (next > end) log.groupEnds.set(consumer.group, next)
}
