/** A program that reads, works and writes in transactions: each record of its input becomes one of its output, with the offsets it came from. */

import { type CopierWorld, RecordedCopier } from '../../recorded/recorded-copier.ts'
import type { PipelineSpec, ProducerSettings } from '../scenario.ts'
import type { Life } from '../stage/program.ts'
import type { Stage } from '../stage/stage.ts'
import { describe } from './producer.ts'

const CONSUMER = {
  requestTimeoutMs: 4000,
  defaultApiTimeoutMs: 8000,
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 1000,
  maxPollIntervalMs: 12_000,
  maxPollRecords: 20,
} as const
const PRODUCER: ProducerSettings = { requestTimeoutMs: 4000, deliveryTimeoutMs: 12_000, maxBlockMs: 8000, transactionTimeoutMs: 10_000 }
const POLL_MS = 700
const AWAY_MS = { min: 0, max: 8000 }
const OUTPUT_PARTITIONS = 2
/** Of the transactions that might be committed, so many are aborted all the same. */
const ABORT_PROBABILITY = 0.15
/** So many are left without a record of output being awaited before the commit. */
const UNAWAITED_PROBABILITY = 0.5

export function copy(stage: Stage, spec: PipelineSpec): (life: Life) => Promise<void> {
  return async (life) => {
    for (let number = 1; stage.phase !== 'closing'; number++) {
      await stay(stage, spec, life, `${life.name}.${number}`)
      if (stage.phase === 'weather') await life.sleep(AWAY_MS)
    }
  }
}

/** One consumer, from joining to leaving, and as many producers as it takes. */
async function stay(stage: Stage, spec: PipelineSpec, life: Life, client: string): Promise<void> {
  const { group, input, output } = spec
  const names = { group, input, output, client, process: life.name, transactionalId: life.host }
  const producer = { ...PRODUCER, ...spec.config }
  const copier = new RecordedCopier(
    { ...names, outputPartitions: OUTPUT_PARTITIONS, consumer: CONSUMER, producer },
    worldOf(stage, spec, life),
  )
  await copier.join()
  while (stage.phase !== 'closing') {
    const order = stage.orders.get(life.host)
    stage.orders.delete(life.host)
    if (order === 'leave') break
    const records = await copier.poll(POLL_MS)
    if (order === 'stall') await life.sleep(CONSUMER.maxPollIntervalMs * (0.8 + life.random.next()))
    await copier.copy(records)
  }
  await copier.leave()
}

function worldOf(stage: Stage, { group, workMs }: PipelineSpec, life: Life): CopierWorld {
  return {
    kafka: life.kafka,
    history: life.history,
    isAlive: () => life.isAlive,
    isOver: () => stage.phase === 'closing',
    sleep: (delayMs) => life.sleep(delayMs),
    awaitsRecords: () => life.random.next() >= UNAWAITED_PROBABILITY,
    work: async () => {
      if (workMs !== undefined && !stage.isCalm) await life.sleep(workMs)
    },
    givesUp: () => !stage.isCalm && life.random.next() < ABORT_PROBABILITY,
    hasReached: (place) => stage.hasRead(group, place, place.offset),
    hasLostProducer: () => undefined,
    complain: (what, error) => stage.violate('unexpected error', `${what}: ${describe(error)}`),
  }
}
