/** A process that copies records in transactions until its standard input ends. Its history goes into a file, an event a line, before it acts. */

import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, type KafkaError } from '@odradek/client'
import { encodeEvent, HistoryRecorder } from '@odradek/history'
import { RandomStream, type Range } from '@odradek/runtime/sim'
import { type CopierOptions, type CopierWorld, RecordedCopier } from '../../recorded/recorded-copier.ts'
import { monotonicMs } from '../workload/journal.ts'

export interface CopierTask extends CopierOptions {
  readonly bootstrapServers: string
  readonly historyPath: string
  readonly seed: number
  /** How long a transaction stays open at least. */
  readonly workMs: Range
  readonly abortProbability: number
  readonly unawaitedProbability: number
  /**
   * Works, instead, until its standard input says so; then all that has not been sent is, and at the same time the offsets are. Ends, with
   * `exitWhenFenced`, where it would otherwise go on with another producer.
   */
  readonly isZombie?: boolean
}

export const exitWhenFenced = 3

const POLL_MS = 200
const config = {
  retryBackoffMs: 20,
  retryBackoffMaxMs: 200,
  reconnectBackoffMs: 20,
  reconnectBackoffMaxMs: 200,
  logger: { warn: () => undefined },
}

async function main(task: CopierTask): Promise<void> {
  const file = openSync(task.historyPath, 'a')
  const history = new HistoryRecorder({ now: monotonicMs, write: (event) => void writeSync(file, encodeEvent(event)) })
  const kafka = new Kafka({ ...config, bootstrapServers: task.bootstrapServers, clientId: task.client })
  let isOver = false
  process.stdin.on('end', () => {
    isOver = true
  })
  const told = new Promise<void>((resolve) => {
    process.stdin.on('data', () => resolve())
  })
  const copier = new RecordedCopier(task, worldOf(task, kafka, history, { isOver: () => isOver, told }))
  // First of all: what a predecessor has left open holds up the offsets that this one is to start from.
  await copier.makeReady()
  await copier.join()
  console.log('ready')
  while (!isOver) await copier.copy(await copier.poll(POLL_MS))
  await copier.leave()
  await kafka.close()
}

interface Input {
  readonly isOver: () => boolean
  readonly told: Promise<void>
}

function worldOf(task: CopierTask, kafka: Kafka, history: HistoryRecorder, { isOver, told }: Input): CopierWorld {
  const random = new RandomStream(task.seed, task.client)
  return {
    kafka,
    history,
    isAlive: () => true,
    isOver,
    sleep: (delayMs) => sleep(delayMs),
    awaitsRecords: () => !random.chance(task.unawaitedProbability),
    work: async (producer) => {
      console.log('open')
      if (task.isZombie !== true) return await sleep(random.within(task.workMs))
      await told
      producer.flush().catch(() => undefined)
    },
    givesUp: () => random.chance(task.abortProbability),
    hasReached: () => undefined,
    hasLostProducer: ({ code, message }: KafkaError) => {
      console.log(`lost ${code}: ${message}`)
      if (task.isZombie === true) process.exit(exitWhenFenced)
    },
    complain: (what, error) => {
      console.error(what, error)
      process.exit(1)
    },
  }
}

const [task] = process.argv.slice(2)
if (task !== undefined && process.argv[1] === import.meta.filename) {
  await main(JSON.parse(task) as CopierTask)
  process.exit(0)
}
