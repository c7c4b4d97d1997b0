/** Takes in what producers do: sends, transactions, offsets sent within them. */

import type { EndInvocation, SendInvocation, SendOffsetsInvocation, SendSuccess } from '../format/events.ts'
import type { HistoryModel } from './history-model.ts'
import type { PendingOperation } from './operation.ts'
import type { PartitionLog } from './partition-log.ts'
import type { ProducerState } from './producer.ts'
import { HistoryRecord } from './record.ts'
import { Transaction } from './transaction.ts'

export function invokeSend(model: HistoryModel, event: SendInvocation): HistoryRecord {
  const topic = model.topic(event.topic)
  const producer = model.producer(event.client)
  let record = model.records.get(event.value)
  if (record !== undefined && record.outcome !== 'foreign') model.reject(`value "${event.value}" was sent before`)
  if (record === undefined) {
    record = new HistoryRecord(event.topic, event.value)
    model.records.set(event.value, record)
  }
  record.producer = producer
  record.key = event.key
  record.from = event.from
  record.isTombstone = event.tombstone === true
  record.outcome = 'pending'
  record.invokeLine = model.line
  if (topic.isCompacted && event.key !== undefined) topic.floatingKeys.set(event.key, (topic.floatingKeys.get(event.key) ?? 0) + 1)
  if (event.transaction !== undefined) {
    const transaction = openTransaction(model, event.transaction, producer)
    record.transaction = transaction
    const logs = event.partition === undefined ? model.logsOf(event.topic) : [model.log(event.topic, event.partition)]
    for (const log of logs) touch(transaction, log)
  }
  model.counts.sent += 1
  return record
}

function openTransaction(model: HistoryModel, name: string, producer: ProducerState): Transaction {
  let transaction = model.transactions.get(name)
  if (transaction === undefined) {
    transaction = new Transaction(name, producer, model.line)
    model.transactions.set(name, transaction)
    model.counts.transactions += 1
  }
  if (transaction.producer !== producer) model.reject(`transaction "${name}" is that of ${transaction.producer.client}`)
  return transaction
}

function touch(transaction: Transaction, log: PartitionLog): void {
  if (transaction.partitions.has(log)) return
  transaction.partitions.add(log)
  log.unresolved.add(transaction)
}

/** Nothing of it keeps readers under read_committed waiting any longer. */
function resolve(model: HistoryModel, transaction: Transaction): void {
  for (const { topic, partition } of transaction.partitions) model.log(topic.name, partition).unresolved.delete(transaction)
}

export function sendSucceeded(model: HistoryModel, event: SendSuccess, record: HistoryRecord): void {
  const log = model.log(record.topic, event.partition)
  record.outcome = 'ok'
  record.ackLine = model.line
  model.counts.acknowledged += 1
  if (event.offset < 0) return
  sinkKey(model, record)
  record.ackOffset = event.offset
  place(model, record, log, event.offset)
  log.acknowledge(event.offset, model.line)
  log.forgetFloors(model.oldestPendingLine())
  const { transaction } = record
  if (transaction === undefined) log.maxStableAck = Math.max(log.maxStableAck, event.offset)
  else transaction.ends.set(log, Math.max(event.offset, transaction.ends.get(log) ?? -1))
  for (const listener of model.listeners) listener.acknowledged?.(record, log, event.offset)
}

export function sendEnded(model: HistoryModel, record: HistoryRecord, outcome: 'fail' | 'info'): void {
  record.outcome = outcome
  if (outcome === 'fail') sinkKey(model, record)
}

/** Its place is known, or that it has none. */
function sinkKey(model: HistoryModel, { topic, key }: HistoryRecord): void {
  const { floatingKeys, isCompacted } = model.topic(topic)
  if (!isCompacted || key === undefined) return
  const left = (floatingKeys.get(key) ?? 0) - 1
  if (left > 0) floatingKeys.set(key, left)
  else floatingKeys.delete(key)
}

/** Notes where a record was found. */
export function place(model: HistoryModel, record: HistoryRecord, log: PartitionLog, offset: number): void {
  const holder = log.at(offset)
  if (record.foundIn === log && record.offset === offset) return
  if (record.foundIn === undefined) {
    record.foundIn = log
    record.offset = offset
  } else if (holder !== record) {
    for (const listener of model.listeners) listener.foundAgain?.(record, log, offset)
  }
  if (holder === undefined) log.put(offset, record)
  else if (holder !== record) for (const listener of model.listeners) listener.conflict?.(log, offset, holder, record)
}

export function invokeEnd(model: HistoryModel, event: EndInvocation): void {
  const producer = model.producer(event.client)
  const transaction = openTransaction(model, event.transaction, producer)
  if (transaction.state === 'open') transaction.become(event.commit ? 'committing' : 'aborting', model.line)
  if (event.commit) forEachOffset(model, [...transaction.offsets, ...transaction.uncertainOffsets], addPending(event.id))
  for (const listener of model.listeners) listener.transactionEndInvoked?.(transaction, event)
}

export function endSettled(model: HistoryModel, event: EndInvocation, operation: PendingOperation, outcome: 'ok' | 'fail' | 'info'): void {
  const transaction = model.transaction(event.transaction)
  if (outcome === 'ok') {
    transaction.become(event.commit ? 'committed' : 'aborted', model.line)
    resolve(model, transaction)
  } else if (outcome === 'fail' && event.commit && transaction.state === 'committing') {
    transaction.become('aborted', model.line)
  }
  if (event.commit) settleOffsets(model, event, operation, transaction, outcome)
  if (transaction.state === 'committed') {
    for (const [{ topic, partition }, offset] of transaction.ends) {
      const log = model.log(topic.name, partition)
      log.maxStableAck = Math.max(log.maxStableAck, offset)
    }
  }
  for (const listener of model.listeners) listener.transactionEnded?.(transaction, operation, outcome)
}

function settleOffsets(
  model: HistoryModel,
  { id }: EndInvocation,
  operation: PendingOperation,
  { offsets, uncertainOffsets }: Transaction,
  outcome: 'ok' | 'fail' | 'info',
): void {
  forEachOffset(model, offsets, (group, log, offset) => {
    const end = group.transactionalEnds.get(log) ?? -1
    if (outcome === 'ok') {
      group.commitSucceeded(log, id, offset, operation.line, model.line)
      group.transactionalEnds.set(log, Math.max(end, offset))
    } else group.commitEnded(log, id, offset, outcome === 'info')
  })
  forEachOffset(model, uncertainOffsets, (group, log, offset) => group.commitEnded(log, id, offset, outcome !== 'fail'))
}

type OffsetVisitor = (group: ReturnType<HistoryModel['group']>, log: PartitionLog, offset: number) => void

function addPending(id: number): OffsetVisitor {
  return (group, log, offset) => void group.commitOf(log).pending.set(id, offset)
}

function forEachOffset(model: HistoryModel, sent: readonly SendOffsetsInvocation[], visit: OffsetVisitor): void {
  for (const { group, offsets } of sent) {
    for (const { topic, partition, offset } of offsets) visit(model.group(group), model.log(topic, partition), offset)
  }
}

export function sendOffsetsSettled(model: HistoryModel, event: SendOffsetsInvocation, outcome: 'ok' | 'fail' | 'info'): void {
  const transaction = openTransaction(model, event.transaction, model.producer(event.client))
  if (outcome === 'ok') transaction.offsets.push(event)
  else if (outcome === 'info') transaction.uncertainOffsets.push(event)
}

/** A producer with a transactional id is ready: what its predecessors left open is over, and they can do no more. */
export function initSucceeded(model: HistoryModel, client: string): void {
  const { transactionalId } = model.producer(client).options
  if (transactionalId === undefined) return
  for (const producer of model.producers.values()) {
    if (producer.client !== client && producer.options.transactionalId === transactionalId && producer.fencedLine === 0) {
      producer.fencedLine = model.line
    }
  }
  for (const transaction of model.transactions.values()) {
    if (transaction.producer.options.transactionalId !== transactionalId) continue
    if (transaction.state === 'open' || transaction.state === 'aborting') transaction.become('aborted', model.line)
    resolve(model, transaction)
  }
}
