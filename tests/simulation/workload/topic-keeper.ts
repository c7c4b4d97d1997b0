/** A program that creates topics, writes to them, makes them grow and deletes them; in the end those that should be there are, and no others. */

import { type Admin, KafkaError } from '@odradek/client'
import type { Life } from '../stage/program.ts'
import type { Stage } from '../stage/stage.ts'

/** The topic that the group of the scenario reads along with its own: created, deleted and created again. */
export const PASSING_TOPIC = 'passing'
const PAUSE_MS = { min: 0, max: 3000 }
const MAX_PARTITIONS = 4
const SETTINGS = { requestTimeoutMs: 4000 }

/** What is certain after every attempt of an operation: its answer, or that it had been done before. */
const DONE_BEFORE: Readonly<Record<'create' | 'grow' | 'delete', string>> = {
  create: 'TOPIC_ALREADY_EXISTS',
  grow: 'INVALID_PARTITIONS',
  delete: 'UNKNOWN_TOPIC_OR_PARTITION',
}

/** `growing` is one of the scenario's topics; it ends with `partitions`. */
export function keepTopics(growing: string, partitions: number): (stage: Stage) => (life: Life) => Promise<void> {
  return (stage) => async (life) => {
    const admin = life.kafka.admin({ ...SETTINGS, defaultApiTimeoutMs: 10_000 })
    const expected = new Map<string, number>()
    for (let number = 1; !stage.isCalm; number++) {
      const topic = life.random.chance(0.3) ? PASSING_TOPIC : `${life.name}-${number}`
      await change(life, admin, expected, topic)
      await life.sleep(PAUSE_MS)
    }
    await insist(life, 'grow', () => admin.createPartitions([{ topic: growing, count: partitions }]))
    await verify(stage, admin, life, expected)
    await life.kafka.close()
  }
}

async function change(life: Life, admin: Admin, expected: Map<string, number>, topic: string): Promise<void> {
  const { random } = life
  const known = expected.get(topic)
  if (known === undefined) {
    const partitions = 1 + random.int(MAX_PARTITIONS - 1)
    // In a former life it may have been created with another number of partitions.
    const isNew = await insist(life, 'create', () => admin.createTopics([{ topic, partitions, replicationFactor: 1 }]))
    expected.set(topic, isNew || topic !== PASSING_TOPIC ? partitions : 0)
    if (random.chance(0.5)) await write(life, topic)
  } else if (random.chance(0.4) && known < MAX_PARTITIONS && known > 0) {
    await insist(life, 'grow', () => admin.createPartitions([{ topic, count: MAX_PARTITIONS }]))
    expected.set(topic, MAX_PARTITIONS)
  } else {
    await insist(life, 'delete', () => admin.deleteTopics([topic]))
    expected.delete(topic)
  }
  const others = [...expected.keys()].filter((other) => other !== topic)
  const old = others[random.int(others.length)]
  if (old === undefined || others.length < 4) return
  await insist(life, 'delete', () => admin.deleteTopics([old]))
  expected.delete(old)
}

async function write(life: Life, topic: string): Promise<void> {
  const producer = life.kafka.producer({ ...SETTINGS, deliveryTimeoutMs: 6000, maxBlockMs: 3000 })
  await Promise.allSettled([1, 2, 3].map((value) => producer.send({ topic, value: String(value) })))
  await producer.close()
}

/** Tries until the outcome is certain. False when an earlier attempt, whose answer was lost, had done it. */
async function insist(life: Life, what: keyof typeof DONE_BEFORE, attempt: () => Promise<unknown>): Promise<boolean> {
  for (;;) {
    try {
      await attempt()
      return true
    } catch (error) {
      const code = codeOf(error)
      if (code === DONE_BEFORE[what]) return false
      if (!(error instanceof KafkaError)) throw error
      await life.sleep(300)
    }
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof KafkaError)) return undefined
  return error.code === 'AGGREGATE' && error.cause instanceof KafkaError ? error.cause.code : error.code
}

async function verify(stage: Stage, admin: Admin, life: Life, expected: ReadonlyMap<string, number>): Promise<void> {
  const listed = new Map((await admin.listTopics()).map(({ topic, partitions }) => [topic, partitions]))
  for (const [topic, partitions] of expected) {
    const actual = listed.get(topic)
    if (actual === undefined || actual < partitions) {
      stage.violate('lost topic', `${topic} was created with ${partitions} partitions and has ${actual ?? 'gone'}`)
    }
  }
  for (const topic of listed.keys()) {
    const isOwn = topic.startsWith(`${life.name}-`)
    if (isOwn && !expected.has(topic)) stage.violate('topic that was deleted', `${topic} is there`)
  }
}
