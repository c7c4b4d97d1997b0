/** A transaction that its producer leaves open, in plain requests of the first protocol. */

import assert from 'node:assert/strict'
import { addPartitionsToTxn, findCoordinator, initProducerId, produce, RecordBatchBuilder } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import { rawConnection } from './raw-connection.ts'

const { codecs } = createNodeRuntime()

export interface OpenTransaction {
  readonly producerId: number
  readonly producerEpoch: number
  readonly startOffset: number
}

/** Sends `values` to partition 0 of the topic, and does not end the transaction. */
export async function openTransaction(
  bootstrapServers: string,
  transactionalId: string,
  topic: string,
  values: readonly string[],
): Promise<OpenTransaction> {
  await using connection = rawConnection(bootstrapServers)
  await untilReady(async () => {
    const response = await connection.request(findCoordinator, 4, { keyType: ofTransactions, coordinatorKeys: [transactionalId] })
    return { errorCode: response?.coordinators[0]?.errorCode ?? -1 }
  })
  const producer = await untilReady(() => connection.request(initProducerId, 4, { transactionalId, transactionTimeoutMs: 600_000 }))
  const { producerId, producerEpoch } = producer
  await untilReady(async () => {
    const response = await connection.request(addPartitionsToTxn, 3, {
      transactions: [],
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    })
    return { errorCode: response?.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1 }
  })
  const builder = new RecordBatchBuilder()
  for (const value of values) builder.append(Date.now(), null, value)
  const records = builder.build({
    producerId,
    producerEpoch,
    baseSequence: 0,
    isTransactional: true,
    crc32c: (data) => codecs.crc32c(data),
  })
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  const response = await connection.request(produce, 9, { transactionalId, acks: -1, timeoutMs: 10_000, topicData })
  const partition = response?.responses[0]?.partitionResponses[0]
  assert.equal(partition?.errorCode, 0)
  return { producerId, producerEpoch, startOffset: partition?.baseOffset ?? -1 }
}

const ofTransactions = 1
const attempts = 50
const pauseMs = 100

/** A coordinator that has just come to be asks for patience. */
async function untilReady<R extends { readonly errorCode: number }>(ask: () => Promise<R | undefined>): Promise<R> {
  let last: R | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    last = await ask()
    if (last?.errorCode === 0) return last
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs)
    })
  }
  throw new Error(`not ready after ${attempts} attempts: error ${last?.errorCode}`)
}
