/** WriteTxnMarkers (27): ends transactions on partitions. Brokers' business in Kafka; here it is what `kafka-transactions abort` sends (KIP-664). */

import {
  ErrorCodes,
  writeTxnMarkers,
  type WriteTxnMarkersRequest,
  type WriteTxnMarkersRequestWritableTxnMarker,
  type WriteTxnMarkersResponseInput,
} from '@odradek/protocol'
import { groupTopic } from '../coordinator/group/group-coordinator.ts'
import { CoordinatorError } from '../coordinator/runtime/coordinator-error.ts'
import type { Marker } from '../coordinator/transaction/transaction-markers.ts'
import { writeMarker } from '../coordinator/transaction/marker-writer.ts'
import { clusterResource } from './authorizer.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { findLedPartition } from './partition-lookup.ts'

type MarkerRequest = WriteTxnMarkersRequestWritableTxnMarker
type MarkerResult = WriteTxnMarkersResponseInput['markers'][number]

/** What a partition of `__consumer_offsets` answers while it cannot serve; a transaction coordinator tries again. */
const notReady: ReadonlySet<number> = new Set([
  ErrorCodes.COORDINATOR_NOT_AVAILABLE,
  ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCodes.NOT_COORDINATOR,
])

export const writeTxnMarkersHandler: ApiHandler = handler({
  api: writeTxnMarkers,
  versions: [1, 2],
  authorize: [
    { operation: 'Alter', resource: 'Cluster', perEntry: true },
    { operation: 'ClusterAction', resource: 'Cluster', perEntry: true },
  ],
  refuse: (request, errorCode) => ({ markers: request.markers.map((marker) => resultOf(marker, () => errorCode)) }),
  handle,
})

async function handle(request: WriteTxnMarkersRequest, context: RequestContext): Promise<WriteTxnMarkersResponseInput> {
  const isAllowed = context.allows('Alter', 'Cluster', clusterResource) || context.allows('ClusterAction', 'Cluster', clusterResource)
  if (!isAllowed) return { markers: request.markers.map((marker) => resultOf(marker, () => ErrorCodes.CLUSTER_AUTHORIZATION_FAILED)) }
  return { markers: await Promise.all(request.markers.map((marker) => writeAll(marker, context))) }
}

async function writeAll(asked: MarkerRequest, context: RequestContext): Promise<MarkerResult> {
  const marker: Marker = {
    type: asked.transactionResult ? 'COMMIT' : 'ABORT',
    coordinatorEpoch: asked.coordinatorEpoch,
    producerId: asked.producerId,
    producerEpoch: asked.producerEpoch,
    transactionVersion: asked.transactionVersion,
  }
  const errors = new Map<string, number>()
  const writes = asked.topics.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map(async (index) => errors.set(`${name}-${index}`, await write(name, index, marker, context))),
  )
  await Promise.all(writes)
  return resultOf(asked, (name, index) => errors.get(`${name}-${index}`) ?? ErrorCodes.UNKNOWN_SERVER_ERROR)
}

async function write(name: string, index: number, marker: Marker, context: RequestContext): Promise<number> {
  const { cluster } = context
  const topic = cluster.topics.get(name)
  if (topic === undefined) return ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
  const led = findLedPartition(topic, index, -1, context)
  if (led.found === undefined) return led.errorCode
  try {
    if (name === groupTopic) await cluster.groups.endTransaction(index, marker)
    else await writeMarker(cluster, name, index, marker)
    return ErrorCodes.NONE
  } catch (error) {
    if (!(error instanceof CoordinatorError)) return ErrorCodes.KAFKA_STORAGE_ERROR
    return notReady.has(error.code) ? ErrorCodes.NOT_LEADER_OR_FOLLOWER : error.code
  }
}

function resultOf({ producerId, topics }: MarkerRequest, errorOf: (topic: string, partition: number) => number): MarkerResult {
  return {
    producerId,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: errorOf(name, partitionIndex) })),
    })),
  }
}
