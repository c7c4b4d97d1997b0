/** The clients of one command, and the errors about names that do not exist. */

import { type Admin, type Kafka, KafkaError, type TopicPartition } from '@odradek/client'
import { nearestName } from '@odradek/protocol'
import { CommandError } from './errors.ts'
import { createKafka, type GlobalOptions } from './global-options.ts'

/** How long a cluster that does not answer is waited for: a person is watching. */
const firstAnswerMs = 4000

/** Rejects within seconds when no broker answers; closes every client at the end. */
export async function withKafka<Result>(options: GlobalOptions, use: (kafka: Kafka, admin: Admin) => Promise<Result>): Promise<Result> {
  const kafka = createKafka(options)
  try {
    await requireBroker(kafka)
    return await use(kafka, kafka.admin())
  } finally {
    await kafka.close()
  }
}

async function requireBroker(kafka: Kafka): Promise<void> {
  try {
    await kafka.admin({ defaultApiTimeoutMs: firstAnswerMs }).describeCluster()
  } catch (error) {
    if (!(error instanceof KafkaError) || (error.code !== 'TIMEOUT' && error.code !== 'CONNECTION')) throw error
    const { cause } = error
    const reason = cause instanceof Error ? cause.message : error.message
    throw new CommandError(`${reason}. Start a broker with: odradek broker (or name another with -b HOST:PORT)`, { cause: error })
  }
}

export function withAdmin<Result>(options: GlobalOptions, use: (admin: Admin) => Promise<Result>): Promise<Result> {
  return withKafka(options, (_kafka, admin) => use(admin))
}

/** Throws `CommandError` naming the first topic that does not exist and the nearest one that does. */
export async function requireTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  const existing = (await admin.listTopics({ includeInternal: true })).map((listing) => listing.topic)
  for (const topic of topics) {
    if (!existing.includes(topic)) throw new CommandError(unknownTopicText(topic, existing))
  }
}

function unknownTopicText(topic: string, existing: readonly string[]): string {
  const nearest = nearestName(topic, existing)
  const suggestion = nearest === undefined ? '.' : `; did you mean "${nearest}"?`
  return `there is no topic "${topic}"${suggestion} Create it with: odradek topic create ${topic}`
}

/** Throws `CommandError` naming the first partition that its topic does not have. The topics must exist. */
export async function requirePartitions(admin: Admin, partitions: readonly TopicPartition[]): Promise<void> {
  const listed = new Map((await admin.listTopics({ includeInternal: true })).map((listing) => [listing.topic, listing.partitions]))
  for (const { topic, partition } of partitions) {
    const count = listed.get(topic) ?? 0
    if (partition >= count) throw new CommandError(noPartitionText(topic, partition, count))
  }
}

export function noPartitionText(topic: string, partition: number, count: number): string {
  const range = count === 1 ? 'its only one is 0' : `its partitions are 0 to ${count - 1}`
  return `topic "${topic}" has no partition ${partition}; ${range}. See them with: odradek topic describe ${topic}`
}

/** Of the names that a command was given, those that exist. */
export interface Found {
  /** At least one, each once. */
  readonly names: readonly string[]
  /** About the others; to be thrown once these have been served. */
  readonly missing: CommandError | undefined
}

/** Throws `CommandError` when none of them exists. */
export async function findGroups(admin: Admin, groupIds: readonly string[]): Promise<Found> {
  const existing = (await admin.listGroups()).map((listing) => listing.groupId)
  return findNames(groupIds, existing, 'group', 'List the groups with: odradek group list')
}

/** Throws `CommandError` unless all of them exist. */
export async function requireGroups(admin: Admin, groupIds: readonly string[]): Promise<void> {
  const { missing } = await findGroups(admin, groupIds)
  if (missing !== undefined) throw missing
}

/** `hint` says how to see what exists. Names the first that does not, and the nearest to it that does. */
export function findNames(wanted: readonly string[], existing: readonly string[], noun: string, hint: string): Found {
  const names = [...new Set(wanted)].filter((name) => existing.includes(name))
  const unknown = wanted.find((name) => !existing.includes(name))
  if (unknown === undefined) return { names, missing: undefined }
  const nearest = nearestName(unknown, existing)
  const suggestion = nearest === undefined ? '.' : `; did you mean "${nearest}"?`
  const missing = new CommandError(`there is no ${noun} "${unknown}"${suggestion} ${hint}`)
  if (names.length === 0) throw missing
  return { names, missing }
}
