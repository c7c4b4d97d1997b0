/** Ends a transaction on one partition: a marker in its log or, where it holds groups' offsets, through the group coordinator. */

import { buildEndTransactionMarkerBatch, ErrorCodes } from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import type { Logger } from '../../logger.ts'
import type { PartitionRegistry } from '../../metadata/partition-registry.ts'
import type { TopicStore } from '../../metadata/topic-store.ts'
import { noLeader } from '../../metadata/topic.ts'
import { type GroupCoordinator, groupTopic } from '../group/group-coordinator.ts'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import type { Marker, MarkerOutcome } from './transaction-markers.ts'

/** Where the partitions are. */
export interface MarkerTargets {
  readonly runtime: Pick<Runtime, 'clock' | 'codecs'>
  readonly logger: Logger
  readonly topics: TopicStore
  readonly partitions: PartitionRegistry
  readonly groups: GroupCoordinator
}

/** Resolves once the marker is durable. Does not reject. */
export async function endTransactionOn(targets: MarkerTargets, topicName: string, index: number, marker: Marker): Promise<MarkerOutcome> {
  const topic = targets.topics.get(topicName)
  const state = topic?.partitions[index]
  // The topic has been deleted meanwhile.
  if (topic === undefined || state === undefined) return 'done'
  if (state.leaderId === noLeader) return 'again'
  try {
    if (topicName === groupTopic) await targets.groups.endTransaction(index, marker)
    else await writeMarker(targets, topicName, index, marker)
    return 'done'
  } catch (error) {
    if (error instanceof CoordinatorError && isFenced(error.code)) return 'fenced'
    if (!(error instanceof CoordinatorError)) {
      const reason = error instanceof Error ? error.message : String(error)
      targets.logger.warn(`the end of a transaction could not be written to ${topicName}-${index}: ${reason}`)
    }
    return 'again'
  }
}

/** Rejects with CoordinatorError when the partition refuses the marker, with StorageError when its disk does. */
export async function writeMarker(targets: MarkerTargets, topicName: string, index: number, marker: Marker): Promise<void> {
  const { producerId, producerEpoch, type, coordinatorEpoch } = marker
  const { clock, codecs } = targets.runtime
  const topic = targets.topics.get(topicName)
  if (topic === undefined) throw new CoordinatorError(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const partition = await targets.partitions.open(topic, index)
  const batch = buildEndTransactionMarkerBatch({
    marker: { type, coordinatorEpoch },
    timestampMs: clock.nowMs(),
    producerId,
    producerEpoch,
    crc32c: (data) => codecs.crc32c(data),
  })
  const result = partition.append(batch, { origin: 'coordinator' })
  if (result.errorCode !== ErrorCodes.NONE) throw new CoordinatorError(result.errorCode, result.errorMessage ?? undefined)
  await partition.whenDurable(result.lastOffset)
}

function isFenced(errorCode: number): boolean {
  return errorCode === ErrorCodes.INVALID_PRODUCER_EPOCH || errorCode === ErrorCodes.TRANSACTION_COORDINATOR_FENCED
}
