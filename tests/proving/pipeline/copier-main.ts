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
  /** Ends, with `exitWhenFenced`, where it would otherwise go on with another producer. */
  readonly endsWhenFenced?: boolean
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
  process.stdin.resume()
  process.stdin.on('end', () => {
    isOver = true
  })
  const copier = new RecordedCopier(
    task,
    worldOf(task, kafka, history, () => isOver),
  )
  // First of all: what a predecessor has left open holds up the offsets that this one is to start from.
  await copier.makeReady()
  await copier.join()
  console.log('ready')
  while (!isOver) await copier.copy(await copier.poll(POLL_MS))
  await copier.leave()
  await kafka.close()
}

function worldOf(task: CopierTask, kafka: Kafka, history: HistoryRecorder, isOver: () => boolean): CopierWorld {
  const random = new RandomStream(task.seed, task.client)
  return {
    kafka,
    history,
    isAlive: () => true,
    isOver,
    sleep: (delayMs) => sleep(delayMs),
    awaitsRecords: () => !random.chance(task.unawaitedProbability),
    work: async () => {
      console.log('open')
      await sleep(random.within(task.workMs))
    },
    givesUp: () => random.chance(task.abortProbability),
    hasReached: () => undefined,
    hasLostProducer: ({ code, message }: KafkaError) => {
      console.log(`lost ${code}: ${message}`)
      if (task.endsWhenFenced === true) process.exit(exitWhenFenced)
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
