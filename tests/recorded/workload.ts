/** A workload that is recorded from end to end: producers, a group whose members come and go, an auditor that reads everything. */

import { Kafka } from '@odradek/client'
import { setTimeout as sleep } from 'node:timers/promises'
import { RecordedConsumer } from './recorded-consumer.ts'
import { RecordedProducer } from './recorded-producer.ts'
import type { Recording } from './recording.ts'

const TOPIC = 'orders'
const GROUP = 'billing'
const PARTITIONS = 3
const KEYS = ['Prague', 'Vienna', 'Brno', 'Olomouc', 'Linz', 'Graz', 'Plzeň']
/** Of each producer, before the first thing happens. */
const RECORDS_PER_STAGE = 40
const PAUSE_MS = 4
const POLL_MS = 100
/** Members hear of a rebalance by their heartbeats. */
const BRISK = { heartbeatIntervalMs: 100, sessionTimeoutMs: 6000 }
const PATIENCE_MS = 20_000

const places = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }))

export interface WorkloadOptions {
  readonly bootstrapServers: string
  /** Something done to the broker half way. */
  readonly mishap?: () => Promise<void>
}

/** Resolves when everything acknowledged has been read by the group, and all of it again by the auditor. */
export async function runWorkload({ recorder }: Recording, { bootstrapServers, mishap }: WorkloadOptions): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers })
  await kafka.admin().createTopics([{ topic: TOPIC, partitions: PARTITIONS }])
  recorder.topic({ topic: TOPIC, partitions: PARTITIONS })
  const producers = [
    new RecordedProducer(kafka, recorder, { client: 'producer-1' }),
    new RecordedProducer(kafka, recorder, { client: 'producer-2', config: { lingerMs: 20 } }),
    new RecordedProducer(kafka, recorder, { client: 'producer-3', config: { acks: '1', enableIdempotence: false } }),
  ]
  const seen = new Set<string>()
  const members: RecordedConsumer[] = []
  const leaving = new AbortController()
  const enough = new AbortController()
  const ending = new AbortController()
  const join = (client: string, signal: AbortSignal): Promise<void> => {
    const member = new RecordedConsumer(kafka, recorder, { client, group: GROUP, config: BRISK })
    members.push(member)
    return attend(member, signal, seen)
  }
  const attending = [join('member-1', ending.signal), join('member-2', leaving.signal)]
  await until(() => members.every((member) => member.assignments > 0))

  const producing = producers.map((producer) => produce(producer, enough.signal))
  await until(() => producers.every(({ acknowledged }) => acknowledged >= RECORDS_PER_STAGE))
  leaving.abort()
  attending.push(join('member-3', ending.signal))
  // A broker that dies sooner starts with the member that has left, and waits for it.
  await until(() => members.every((member) => member.assignments > 0))
  await mishap?.()
  const soFar = producers.map(({ acknowledged }) => acknowledged)
  await until(() => producers.every(({ acknowledged }, index) => acknowledged >= (soFar[index] ?? 0) + RECORDS_PER_STAGE))
  enough.abort()
  await Promise.all(producing)

  const acknowledged = producers.reduce((sum, producer) => sum + producer.acknowledged, 0)
  await until(() => seen.size >= acknowledged)
  ending.abort()
  await Promise.all(attending)
  await audit(new RecordedConsumer(kafka, recorder, { client: 'auditor', group: GROUP, config: { isolationLevel: 'read_uncommitted' } }))
  for (const producer of producers) await producer.close()
}

/** Waits with patience, not for ever: what is missing then is the checker's and the test's to say. */
async function until(isSo: () => boolean): Promise<void> {
  const givesUpMs = performance.now() + PATIENCE_MS
  while (!isSo() && performance.now() < givesUpMs) await sleep(10)
}

/** Several sends under way at a time, at an even pace, until `signal` says that it is enough. */
async function produce(producer: RecordedProducer, signal: AbortSignal): Promise<void> {
  const sends: Promise<void>[] = []
  for (let index = 0; !signal.aborted; index++) {
    sends.push(producer.send(TOPIC, KEYS[index % KEYS.length] ?? ''))
    await sleep(PAUSE_MS)
  }
  await Promise.all(sends)
}

/** A member of the group until `signal` says that it is to leave. */
async function attend(member: RecordedConsumer, signal: AbortSignal, seen: Set<string>): Promise<void> {
  await member.subscribe([TOPIC])
  while (!signal.aborted) {
    for (const value of await member.poll(POLL_MS)) seen.add(value)
    await member.commit()
  }
  await member.close()
}

/** Asks for every offset there is, and reads every record. */
async function audit(auditor: RecordedConsumer): Promise<void> {
  const ends = await auditor.bounds(places, 'read_uncommitted')
  await auditor.committed(places)
  await auditor.assign(places)
  const total = ends.reduce((sum, end) => sum + end, 0)
  const givesUpMs = performance.now() + PATIENCE_MS
  for (let read = 0; read < total && performance.now() < givesUpMs; ) read += (await auditor.poll(POLL_MS)).length
  await auditor.close()
}
