/** ListOffsets (key 2): offsets by time, and the special timestamps. */

import type {
  ListOffsetsRequest,
  ListOffsetsRequestPartition,
  ListOffsetsResponseInput,
  ListOffsetsResponsePartitionResponseInput,
} from '@odradek/protocol'
import { ErrorCodes, listOffsets } from '@odradek/protocol'
import type { Topic } from '../metadata/topic.ts'
import type { IsolationLevel } from '../partition/types.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { findLedPartition, openPartition } from './partition-lookup.ts'

type PartitionResponse = ListOffsetsResponsePartitionResponseInput

const earliest = -2
const earliestLocal = -4

/** The version since which a special timestamp exists. */
const specialSince: ReadonlyMap<number, number> = new Map([
  [-1, 1],
  [earliest, 1],
  [-3, 7],
  [earliestLocal, 8],
  [-5, 9],
  [-6, 11],
])
/** What is only in remote storage, which there is none of. */
const remoteOnly: readonly number[] = [-5, -6]
const repeated = 'repeated'

export const listOffsetsHandler: ApiHandler = handler({
  api: listOffsets,
  versions: [1, 11],
  authorize: [{ operation: 'Describe', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, errorCode)),
    })),
    throttleTimeMs: 0,
  }),
  handle,
})

async function handle(request: ListOffsetsRequest, context: RequestContext): Promise<ListOffsetsResponseInput> {
  const isolation: IsolationLevel = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
  const topics: ListOffsetsResponseInput['topics'][number][] = []
  for (const [name, partitions] of wantedByTopic(request)) {
    const responses: PartitionResponse[] = []
    for (const [index, wanted] of partitions) {
      responses.push(wanted === repeated ? failed(index, ErrorCodes.INVALID_REQUEST) : await answer(name, wanted, isolation, context))
    }
    topics.push({ name, partitions: responses })
  }
  return { topics, throttleTimeMs: 0 }
}

/** What each partition is asked; one that is asked more than once gets one answer, and that is none. */
function wantedByTopic(request: ListOffsetsRequest): Map<string, Map<number, ListOffsetsRequestPartition | typeof repeated>> {
  const byTopic = new Map<string, Map<number, ListOffsetsRequestPartition | typeof repeated>>()
  for (const { name, partitions } of request.topics) {
    const wanted = byTopic.get(name) ?? new Map<number, ListOffsetsRequestPartition | typeof repeated>()
    byTopic.set(name, wanted)
    for (const partition of partitions) {
      wanted.set(partition.partitionIndex, wanted.has(partition.partitionIndex) ? repeated : partition)
    }
  }
  return byTopic
}

async function answer(
  name: string,
  wanted: ListOffsetsRequestPartition,
  isolation: IsolationLevel,
  context: RequestContext,
): Promise<PartitionResponse> {
  const index = wanted.partitionIndex
  if (!context.allows('Describe', 'Topic', name)) return failed(index, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  if (wanted.timestamp < 0 && context.apiVersion < (specialSince.get(wanted.timestamp) ?? Number.POSITIVE_INFINITY)) {
    return failed(index, ErrorCodes.UNSUPPORTED_VERSION)
  }
  const topic = context.cluster.topics.get(name)
  if (topic === undefined) return failed(index, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const led = findLedPartition(topic, index, wanted.currentLeaderEpoch, context)
  if (led.found === undefined) return failed(index, led.errorCode)
  if (remoteOnly.includes(wanted.timestamp)) return failed(index, ErrorCodes.NONE)
  return lookUp(topic, index, wanted.timestamp === earliestLocal ? earliest : wanted.timestamp, isolation, context)
}

async function lookUp(
  topic: Topic,
  index: number,
  timestamp: number,
  isolation: IsolationLevel,
  context: RequestContext,
): Promise<PartitionResponse> {
  const opened = await openPartition(topic, index, context)
  if (opened.found === undefined) return failed(index, opened.errorCode)
  try {
    const found = await opened.found.offsetForTimestamp(timestamp, isolation)
    return {
      partitionIndex: index,
      errorCode: ErrorCodes.NONE,
      timestamp: found.timestamp,
      offset: found.offset,
      // Before version 4 the field is not on the wire, and a value in it could not be written.
      leaderEpoch: context.apiVersion >= 4 ? found.leaderEpoch : -1,
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return failed(index, error.errorCode)
  }
}

function failed(partitionIndex: number, errorCode: number): PartitionResponse {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 }
}
