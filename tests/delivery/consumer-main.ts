/** A consumer process: follows a pattern until it is killed at a point of its second round, or there is nothing left to read. */

import { Kafka, string } from '@odradek/client'
import { EffectStore } from './effect-store.ts'
import { patterns } from './patterns.ts'

export interface ConsumerTask {
  readonly bootstrapServers: string
  readonly topic: string
  /** Of the topic's one partition. */
  readonly end: number
  readonly patternIndex: number
  /** Undefined: not to be killed. */
  readonly killAt: string | undefined
  readonly effectsPath: string
}

/** One poll's worth. */
export const recordsAPoll = 3

export async function consume({ bootstrapServers, topic, end, patternIndex, killAt, effectsPath }: ConsumerTask): Promise<void> {
  const pattern = patterns[patternIndex]
  if (pattern === undefined) throw new RangeError(`There is no pattern ${patternIndex}`)
  const place = { topic, partition: 0 }
  await using kafka = new Kafka({ bootstrapServers })
  const consumer = kafka.consumer({
    value: string,
    key: string,
    groupId: topic,
    // The next one takes its place at once, without waiting for the end of its session.
    groupInstanceId: 'the one',
    autoOffsetReset: 'earliest',
    maxPollRecords: recordsAPoll,
    enableAutoCommit: pattern.autoCommit,
    autoCommitIntervalMs: 0,
  })
  await consumer.subscribe([topic])
  await pattern.run({
    consumer,
    effects: new EffectStore(effectsPath),
    poll: async () => {
      for (;;) {
        const records = await consumer.poll(50)
        if (records.length > 0) return records
        if (consumer.assignment().length > 0 && (await consumer.position(place)) >= end) return []
      }
    },
    at: async (point, round) => {
      if (point !== killAt || round !== 2) return
      process.kill(process.pid, 'SIGKILL')
      await new Promise(() => undefined)
    },
    autoCommitted: async (offset) => {
      consumer.pause([place])
      while (((await consumer.committed([place]))[0]?.offset ?? 0) < offset) await consumer.poll(0)
      consumer.resume([place])
    },
  })
  await consumer.close()
}

const [task] = process.argv.slice(2)
if (task !== undefined && process.argv[1] === import.meta.filename) await consume(JSON.parse(task) as ConsumerTask)
