/** What a transactional producer asks of a broker, request by request, in versions that the test chooses. */

import type { FetchResponsePartitionData } from '@odradek/protocol'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeTransactions,
  endTxn,
  type EndTxnResponse,
  findCoordinator,
  initProducerId,
  offsetFetch,
  type OffsetFetchResponsePartitions,
  produce,
  type ProduceResponsePartitionProduceResponse,
  txnOffsetCommit,
} from '@odradek/protocol'
import { batchOf } from './batches.ts'
import { fetchFrom, one, produceRequest } from './requests.ts'
import type { WireClient } from './wire-client.ts'

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

const coordinatorOfTransactions = 1

export class TransactionalClient {
  readonly client: WireClient
  readonly transactionalId: string
  identity: Identity = { producerId: -1, producerEpoch: -1 }

  constructor(client: WireClient, transactionalId = 't') {
    this.client = client
    this.transactionalId = transactionalId
  }

  /** Finds the coordinator and takes the id up. */
  async init(): Promise<this> {
    await this.client.request(findCoordinator, 6, { keyType: coordinatorOfTransactions, coordinatorKeys: [this.transactionalId] })
    const { producerId, producerEpoch } = await this.client.request(initProducerId, 5, {
      transactionalId: this.transactionalId,
      transactionTimeoutMs: 60_000,
    })
    this.identity = { producerId, producerEpoch }
    return this
  }

  async addPartition(topic: string, partition = 0): Promise<number> {
    const { resultsByTopicV3AndBelow } = await this.client.request(addPartitionsToTxn, 3, {
      transactions: [],
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.identity.producerId,
      v3AndBelowProducerEpoch: this.identity.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    })
    return one(one(resultsByTopicV3AndBelow).resultsByPartition).partitionErrorCode
  }

  async send(
    topic: string,
    value: string,
    version: number,
    baseSequence = 0,
    partition = 0,
  ): Promise<ProduceResponsePartitionProduceResponse> {
    const records = batchOf([value], { ...this.identity, baseSequence, isTransactional: true })
    const request = { ...produceRequest(topic, records, partition), transactionalId: this.transactionalId }
    const { responses } = await this.client.request(produce, version, request)
    return one(one(responses).partitionResponses)
  }

  /** In the second protocol the identity changes with it. */
  async end(committed: boolean, version = 4): Promise<EndTxnResponse> {
    const response = await this.client.request(endTxn, version, { transactionalId: this.transactionalId, ...this.identity, committed })
    if (version >= 5 && response.errorCode === 0) this.identity = { producerId: response.producerId, producerEpoch: response.producerEpoch }
    return response
  }

  async addOffsets(groupId: string): Promise<number> {
    return (await this.client.request(addOffsetsToTxn, 4, { transactionalId: this.transactionalId, ...this.identity, groupId })).errorCode
  }

  async commitOffset(groupId: string, topic: string, committedOffset: number, version: number): Promise<number> {
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }]
    const request = { transactionalId: this.transactionalId, ...this.identity, groupId, topics: [{ name: topic, partitions }] }
    const { topics } = await this.client.request(txnOffsetCommit, version, request)
    return one(one(topics).partitions).errorCode
  }
}

export async function committedOffset(
  client: WireClient,
  groupId: string,
  topic: string,
  requireStable: boolean,
): Promise<OffsetFetchResponsePartitions> {
  const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }]
  const response = await client.request(offsetFetch, 9, { groups, requireStable })
  return one(one(one(response.groups).topics).partitions)
}

export function fetchCommitted(client: WireClient, topic: string, offset = 0): Promise<FetchResponsePartitionData> {
  return fetchFrom(client, topic, offset, { isolationLevel: 1 })
}

export interface DescribedTransaction {
  readonly errorCode: number
  /** Empty where the coordinator does not answer yet. */
  readonly state: string
  readonly topics: { topic: string; partitions: number[] }[]
}

export async function describeTransaction(client: WireClient, transactionalId = 't'): Promise<DescribedTransaction> {
  const { transactionStates } = await client.request(describeTransactions, 0, { transactionalIds: [transactionalId] })
  const { errorCode, transactionState, topics } = one(transactionStates)
  return { errorCode, state: transactionState, topics }
}

/** Markers are written after the end has been answered. */
export async function whenEnded(client: WireClient, transactionalId = 't'): Promise<void> {
  for (;;) {
    const { state } = await describeTransaction(client, transactionalId)
    if (state.startsWith('Complete')) return
  }
}
