/** The producers that partitions remember, and ending a transaction of theirs that nobody else will (KIP-664). */

import { describeProducers, ErrorCodes, writeTxnMarkers } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { byTopic } from '../topic-partition.ts'
import { forEachPartition, type LeaderCalls, partitionName } from './per-leader.ts'
import type { Outcome } from './per-resource.ts'
import type { AbortableTransaction, PartitionProducers } from './types.ts'

export function describePartitionProducers(calls: LeaderCalls, partitions: readonly TopicPartition[]): Promise<PartitionProducers[]> {
  return forEachPartition(calls, 'describeProducers', partitions, async (nodeId, asked) => {
    const response = await calls.cluster.request(nodeId, describeProducers, {
      topics: [...byTopic(asked)].map(([name, each]) => ({ name, partitionIndexes: each.map(({ partition }) => partition) })),
    })
    const outcomes = new Map<string, Outcome<PartitionProducers>>()
    for (const { name: topic, partitions: results } of response.topics) {
      for (const { partitionIndex: partition, errorCode, errorMessage, activeProducers } of results) {
        const name = partitionName({ topic, partition })
        if (errorCode !== ErrorCodes.NONE) {
          outcomes.set(name, { error: brokerError(errorCode, `Cannot describe the producers of ${name}`, errorMessage) })
          continue
        }
        const producers = activeProducers.map(({ currentTxnStartOffset, ...producer }) => ({
          ...producer,
          transactionStartOffset: currentTxnStartOffset,
        }))
        outcomes.set(name, { value: { topic, partition, producers } })
      }
    }
    return outcomes
  })
}

/** Writes an abort marker to the partition, as a transaction's coordinator does. */
export async function abortOnPartition(calls: LeaderCalls, transaction: AbortableTransaction): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = transaction
  await forEachPartition(calls, 'abortTransaction', [{ topic, partition }], async (nodeId) => {
    const { markers } = await calls.cluster.request(nodeId, writeTxnMarkers, {
      markers: [
        {
          producerId,
          producerEpoch,
          // Of a transaction that never had a marker.
          coordinatorEpoch: Math.max(0, coordinatorEpoch),
          transactionResult: false,
          topics: [{ name: topic, partitionIndexes: [partition] }],
        },
      ],
    })
    const name = partitionName({ topic, partition })
    const errorCode = markers[0]?.topics[0]?.partitions[0]?.errorCode ?? ErrorCodes.UNKNOWN_SERVER_ERROR
    const what = `Cannot abort the transaction of producer ${producerId} on ${name}`
    const outcome: Outcome<undefined> = errorCode === ErrorCodes.NONE ? { value: undefined } : { error: brokerError(errorCode, what) }
    return new Map([[name, outcome]])
  })
}
