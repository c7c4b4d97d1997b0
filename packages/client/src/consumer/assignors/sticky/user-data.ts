/** What Kafka's sticky assignors send along with a subscription. */

import { MalformedError, Reader, Writer } from '@odradek/protocol'
import type { TopicPartition } from '../../../topic-partition.ts'
import type { Previous } from './claims.ts'
import { NO_GENERATION } from './claims.ts'

const INT32_BYTES = 4
/** Topic name's length and the number of partitions. */
const TOPIC_MIN_BYTES = 6

/** StickyAssignorUserData v1. */
export function encodePrevious(partitions: readonly TopicPartition[], generationId: number): Buffer {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  const w = new Writer()
  w.writeArrayLength(topics.size)
  for (const [topic, numbers] of topics) {
    w.writeString(topic)
    w.writeArrayLength(numbers.length)
    for (const number of numbers) w.writeInt32(number)
  }
  w.writeInt32(generationId)
  return w.finishBuffer()
}

/** v1, or v0, which ends before the generation. What cannot be read counts as nothing. */
export function decodePrevious(userData: Buffer | null): Previous {
  if (userData === null || userData.length === 0) return { partitions: [], generationId: undefined }
  return orElse({ partitions: [], generationId: NO_GENERATION }, () => {
    const r = new Reader(userData)
    const partitions: TopicPartition[] = []
    for (let topics = r.readArrayLength(TOPIC_MIN_BYTES); topics > 0; topics--) {
      const topic = r.readString()
      for (let numbers = r.readArrayLength(INT32_BYTES); numbers > 0; numbers--) partitions.push({ topic, partition: r.readInt32() })
    }
    return { partitions, generationId: r.remaining >= INT32_BYTES ? r.readInt32() : undefined }
  })
}

/** CooperativeStickyAssignorUserData v0. */
export function encodeGeneration(generationId: number): Buffer {
  const w = new Writer(INT32_BYTES)
  w.writeInt32(generationId)
  return w.finishBuffer()
}

export function decodeGeneration(userData: Buffer | null): number | undefined {
  return userData === null ? undefined : orElse(NO_GENERATION, () => new Reader(userData).readInt32())
}

function orElse<T>(fallback: T, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedError) return fallback
    throw error
  }
}
