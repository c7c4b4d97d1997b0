/** From batches to a Produce request, and from its response back to batches. */

import type { ProduceRequestInput, ProduceResponse, ProduceResponsePartitionProduceResponse } from '@odradek/protocol'
import { partitionKey } from '../topic-partition.ts'
import type { ProducerBatch } from './producer-batch.ts'

export interface EncodedBatch {
  readonly batch: ProducerBatch
  readonly records: Buffer
}

/** At most one batch a partition. */
export function produceRequest(
  batches: readonly EncodedBatch[],
  acks: number,
  timeoutMs: number,
  transactionalId: string | null,
): ProduceRequestInput {
  const byTopic = new Map<string, { index: number; records: Buffer }[]>()
  for (const { batch, records } of batches) {
    const partitions = byTopic.get(batch.topic)
    if (partitions === undefined) byTopic.set(batch.topic, [{ index: batch.partition, records }])
    else partitions.push({ index: batch.partition, records })
  }
  return {
    transactionalId,
    acks,
    timeoutMs,
    topicData: [...byTopic].map(([name, partitionData]) => ({ name, partitionData })),
  }
}

/** Calls `onBatch` for every batch, with undefined for one that the response leaves out. */
export function matchResponse(
  batches: readonly EncodedBatch[],
  response: ProduceResponse,
  onBatch: (batch: ProducerBatch, answer: ProduceResponsePartitionProduceResponse | undefined) => void,
): void {
  const answers = new Map<string, ProduceResponsePartitionProduceResponse>()
  for (const { name, partitionResponses } of response.responses) {
    for (const answer of partitionResponses) answers.set(partitionKey(name, answer.index), answer)
  }
  for (const { batch } of batches) onBatch(batch, answers.get(partitionKey(batch.topic, batch.partition)))
}
