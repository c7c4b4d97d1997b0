/** Deleting the records at the start of partitions. */

import { deleteRecords, ErrorCodes } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { TopicPartitionOffset } from '../topic-partition.ts'
import { byTopic } from '../topic-partition.ts'
import { forEachPartition, type LeaderCalls, partitionName } from './per-leader.ts'
import type { Outcome } from './per-resource.ts'
import type { DeletedRecords, RecordsToDelete } from './types.ts'

/** Kafka's word for "up to the high watermark". */
const HIGH_WATERMARK = -1

export function deleteRecordsBefore(calls: LeaderCalls, deletions: readonly RecordsToDelete[]): Promise<DeletedRecords[]> {
  const wanted = deletions.map(({ topic, partition, before }) => ({
    topic,
    partition,
    offset: before === 'latest' ? HIGH_WATERMARK : before,
  }))
  return forEachPartition(calls, 'deleteRecords', wanted, async (nodeId, partitions) => {
    const response = await calls.cluster.request(nodeId, deleteRecords, {
      topics: [...byTopic<TopicPartitionOffset>(partitions)].map(([name, each]) => ({
        name,
        partitions: each.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
      })),
      timeoutMs: calls.timeoutMs,
    })
    const outcomes = new Map<string, Outcome<DeletedRecords>>()
    for (const { name: topic, partitions: results } of response.topics) {
      for (const { partitionIndex: partition, errorCode, lowWatermark } of results) {
        const name = partitionName({ topic, partition })
        if (errorCode === ErrorCodes.NONE) outcomes.set(name, { value: { topic, partition, startOffset: lowWatermark } })
        else outcomes.set(name, { error: brokerError(errorCode, `Cannot delete records of ${name}`) })
      }
    }
    return outcomes
  })
}
