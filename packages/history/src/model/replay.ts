/** Replays a history, event by event, into the model, and tells the listeners. */

import type { CommitInvocation, CrashEvent, FailEvent, HistoryEvent, InfoEvent, InvokeEvent, OkEvent, OpenEvent } from '../format/events.ts'
import { ConsumerState } from './consumer.ts'
import type { HistoryModel } from './history-model.ts'
import type { PendingOperation } from './operation.ts'
import { ProducerState } from './producer.ts'
import { assign, endReading, PollReplay, pollLost, release, revoke, seek } from './replay-reads.ts'
import { endSettled, initSucceeded, invokeEnd, invokeSend, sendEnded, sendOffsetsSettled, sendSucceeded } from './replay-sends.ts'

export class Replay {
  readonly #model: HistoryModel
  readonly #polls: PollReplay

  constructor(model: HistoryModel) {
    this.#model = model
    this.#polls = new PollReplay(model)
  }

  /** Throws HistoryError when the event makes no sense after those before it. */
  apply(event: HistoryEvent): void {
    const model = this.#model
    model.line += 1
    model.counts.events += 1
    if (event.type === 'history') {
      if (model.line > 1) model.reject('the header comes first')
      return
    }
    if (model.line === 1) model.reject('the header is missing')
    if (event.timeMs < model.timeMs) model.reject(`the clock goes back, from ${model.timeMs} to ${event.timeMs}`)
    model.timeMs = event.timeMs
    this.#dispatch(event)
  }

  finish(): void {
    for (const consumer of this.#model.consumers.values()) {
      for (const reading of consumer.readings.values()) endReading(consumer, reading)
    }
    for (const listener of this.#model.listeners) listener.finish?.()
  }

  #dispatch(event: Exclude<HistoryEvent, { type: 'history' }>): void {
    const model = this.#model
    switch (event.type) {
      case 'topic':
        if (model.topics.has(event.topic)) model.reject(`topic "${event.topic}" was declared before`)
        model.declare(event)
        return
      case 'open':
        return this.#open(event)
      case 'close':
        return this.#close(event.client)
      case 'crash':
        return this.#crash(event)
      case 'assigned':
        return assign(model, event)
      case 'revoked':
        return revoke(model, event)
      case 'seek':
        return seek(model, event)
      case 'paused':
      case 'resumed':
        for (const { topic, partition } of event.partitions) {
          const reading = model.consumer(event.client).readings.get(model.log(topic, partition))
          if (reading !== undefined) reading.isPaused = event.type === 'paused'
        }
        return
      case 'log-start': {
        const log = model.log(event.topic, event.partition)
        log.logStart = Math.max(log.logStart, event.offset)
        return
      }
      case 'fault':
        for (const listener of model.listeners) listener.faulting?.()
        return model.health.apply(event, model.line)
      case 'pipeline':
        model.topic(event.input)
        model.topic(event.output)
        model.pipelines.push(event)
        return
      case 'invoke':
        return this.#invoke(event)
      case 'ok':
        return this.#succeed(event)
      case 'fail':
      case 'info':
        return this.#end(event)
    }
  }

  #open(event: OpenEvent): void {
    const model = this.#model
    if (model.processes.has(event.client)) model.reject(`client "${event.client}" was opened before`)
    model.processes.set(event.client, event.process)
    if (event.role === 'producer') model.producers.set(event.client, new ProducerState(event))
    if (event.role !== 'consumer') return
    const group = event.group === undefined ? model.group(event.client, true) : model.group(event.group)
    const consumer = new ConsumerState(event, group)
    group.members.push(event)
    model.consumers.set(event.client, consumer)
  }

  #close(client: string): void {
    const model = this.#model
    if (!model.processes.has(client)) model.reject(`client "${client}" has not been opened`)
    const consumer = model.consumers.get(client)
    if (consumer === undefined) return
    consumer.isClosed = true
    for (const log of consumer.readings.keys()) release(model, consumer, log, 'closed')
  }

  #crash({ process }: CrashEvent): void {
    const model = this.#model
    for (const [id, operation] of model.pending) {
      if (operation.process !== process) continue
      // Whatever a poll was given went down with the process: it is as if it had not been.
      this.#settle(id, operation, operation.invocation.op === 'poll' ? 'fail' : 'info')
    }
    for (const consumer of model.consumers.values()) {
      if (consumer.process !== process) continue
      consumer.isClosed = true
      for (const log of consumer.readings.keys()) release(model, consumer, log, 'crashed')
    }
  }

  #invoke(event: InvokeEvent): void {
    const model = this.#model
    const process = model.processes.get(event.client) ?? model.reject(`client "${event.client}" has not been opened`)
    if (model.pending.has(event.id)) model.reject(`operation ${event.id} is under way already`)
    const record = event.op === 'send' ? invokeSend(model, event) : undefined
    if (event.op === 'poll') model.consumer(event.client)
    if (event.op === 'commit') this.#invokeCommit(event)
    if (event.op === 'end') invokeEnd(model, event)
    model.pending.set(event.id, { invocation: event, line: model.line, process, record })
  }

  #invokeCommit(event: CommitInvocation): void {
    const model = this.#model
    for (const listener of model.listeners) listener.commitInvoked?.(model.consumers.get(event.client), event)
    const group = model.group(event.group)
    for (const { topic, partition, offset } of event.offsets) group.commitOf(model.log(topic, partition)).pending.set(event.id, offset)
  }

  #take(id: number): PendingOperation {
    return this.#model.pending.get(id) ?? this.#model.reject(`operation ${id} is not under way`)
  }

  #succeed(event: OkEvent): void {
    const model = this.#model
    const operation = this.#take(event.id)
    const { invocation, record } = operation
    if (invocation.op !== event.op) model.reject(`operation ${event.id} is a ${invocation.op}, not a ${event.op}`)
    if (event.op === 'send' && record !== undefined) {
      this.#announce(operation, 'ok')
      model.pending.delete(event.id)
      return sendSucceeded(model, event, record)
    }
    if (event.op === 'poll') {
      this.#announce(operation, 'ok')
      model.pending.delete(event.id)
      return this.#polls.apply(model.consumer(invocation.client), event, operation)
    }
    if (event.op === 'committed' && invocation.op === 'committed') {
      const group = model.group(invocation.group)
      for (const listener of model.listeners) listener.commitsFetched?.(group, event, operation)
    }
    if (event.op === 'bounds') {
      for (const { topic, partition, start } of event.bounds) {
        const log = model.log(topic, partition)
        log.logStart = Math.max(log.logStart, start ?? 0)
      }
      for (const listener of model.listeners) listener.bounds?.(event, operation)
    }
    this.#settle(event.id, operation, 'ok')
  }

  #end(event: FailEvent | InfoEvent): void {
    this.#settle(event.id, this.#take(event.id), event.type)
  }

  #announce(operation: PendingOperation, outcome: 'ok' | 'fail' | 'info'): void {
    for (const listener of this.#model.listeners) listener.settling?.(operation, outcome)
  }

  #settle(id: number, operation: PendingOperation, outcome: 'ok' | 'fail' | 'info'): void {
    const model = this.#model
    const { invocation, record } = operation
    this.#announce(operation, outcome)
    model.pending.delete(id)
    if (record !== undefined && outcome !== 'ok') sendEnded(model, record, outcome)
    if (invocation.op === 'poll' && outcome === 'info') pollLost(model, model.consumer(invocation.client))
    if (invocation.op === 'commit') this.#settleCommit(invocation, operation, outcome)
    if (invocation.op === 'init' && outcome === 'ok') initSucceeded(model, invocation.client)
    if (invocation.op === 'send-offsets') sendOffsetsSettled(model, invocation, outcome)
    if (invocation.op === 'end') endSettled(model, invocation, operation, outcome)
  }

  #settleCommit(commit: CommitInvocation, operation: PendingOperation, outcome: 'ok' | 'fail' | 'info'): void {
    const model = this.#model
    const consumer = model.consumers.get(commit.client)
    const group = model.group(commit.group)
    if (outcome === 'ok') {
      model.counts.commits += 1
      for (const listener of model.listeners) listener.committed?.(consumer, commit, operation)
      if (consumer !== undefined) consumer.committedMs = commit.timeMs
    }
    for (const { topic, partition, offset } of commit.offsets) {
      const log = model.log(topic, partition)
      if (outcome === 'ok') group.commitSucceeded(log, commit.id, offset, operation.line, model.line)
      else group.commitEnded(log, commit.id, offset, outcome === 'info')
    }
  }
}
