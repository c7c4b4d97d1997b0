/** A transaction coordinator in memory, on every node of a fake cluster, that takes note of what it is told. Tests overrule its answers. */

import { addOffsetsToTxn, addPartitionsToTxn, apis, apiVersions, endTxn, initProducerId, produce, txnOffsetCommit } from '@odradek/protocol'
import type { Producer, ProducerOptions } from '../../src/index.ts'
import { Kafka, string } from '../../src/index.ts'
import { FakeCluster } from './fake-cluster.ts'
import type { ReceivedBatch, Verdict } from './sequenced-log.ts'
import { SequencedLog } from './sequenced-log.ts'

export interface InTransactions {
  readonly cluster: FakeCluster
  readonly log: SequencedLog
  readonly producer: Producer<string, string>
  /** What was asked in which version, in order: 'EndTxn v5 commit'. Metadata and the like are left out. */
  readonly asked: string[]
  /** Error codes for the next answers of an API, by its name; then 0. */
  readonly errors: Record<string, number[]>
}

export interface InTransactionsOptions extends ProducerOptions<string, string> {
  /** `transaction.version` that the brokers have finalised. */
  readonly protocol: 1 | 2
  readonly refuse?: (batch: ReceivedBatch) => Verdict | undefined
}

const PRODUCER_ID = 7

export function startInTransactions({ protocol, refuse, ...options }: InTransactionsOptions): InTransactions {
  const cluster = new FakeCluster([1])
  cluster.topics.set('t', [1, 1])
  const log = new SequencedLog(cluster.runtime.codecs, refuse)
  const asked: string[] = []
  const errors: Record<string, number[]> = {}
  let epoch = -1
  const next = (name: string): number => errors[name]?.shift() ?? 0
  cluster.on(apiVersions, () => ({
    errorCode: 0,
    apiKeys: apis.map(({ key, advertisedMinVersion, maxVersion }) => ({ apiKey: key, minVersion: advertisedMinVersion, maxVersion })),
    throttleTimeMs: 0,
    finalizedFeatures: [{ name: 'transaction.version', minVersionLevel: protocol, maxVersionLevel: protocol }],
  }))
  cluster.on(initProducerId, ({ producerId, producerEpoch, transactionTimeoutMs }) => {
    asked.push(`InitProducerId ${producerId}/${producerEpoch} ${transactionTimeoutMs}`)
    const errorCode = next('InitProducerId')
    if (errorCode === 0) epoch++
    return { throttleTimeMs: 0, errorCode, producerId: PRODUCER_ID, producerEpoch: epoch }
  })
  cluster.on(addPartitionsToTxn, ({ v3AndBelowTopics }, { version }) => {
    const errorCode = next('AddPartitionsToTxn')
    asked.push(`AddPartitionsToTxn v${version} ${v3AndBelowTopics.flatMap(({ partitions }) => partitions).join()}`)
    return {
      throttleTimeMs: 0,
      resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: errorCode })),
      })),
    }
  })
  cluster.on(addOffsetsToTxn, ({ groupId }) => {
    asked.push(`AddOffsetsToTxn ${groupId}`)
    return { throttleTimeMs: 0, errorCode: next('AddOffsetsToTxn') }
  })
  cluster.on(txnOffsetCommit, ({ generationId, memberId, groupInstanceId, topics }, { version }) => {
    asked.push(`TxnOffsetCommit v${version} ${generationId} ${memberId} ${groupInstanceId}`)
    const errorCode = next('TxnOffsetCommit')
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }
  })
  cluster.on(endTxn, ({ committed, producerEpoch }, { version }) => {
    asked.push(`EndTxn v${version} ${producerEpoch} ${committed ? 'commit' : 'abort'}`)
    const errorCode = next('EndTxn')
    if (errorCode === 0 && version >= 5) epoch++
    return { throttleTimeMs: 0, errorCode, ...(version >= 5 ? { producerId: PRODUCER_ID, producerEpoch: epoch } : {}) }
  })
  cluster.on(produce, (request, { version }) => {
    asked.push(`Produce v${version} ${request.transactionalId}`)
    return log.answer(request)
  })
  const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, runtime: cluster.runtime })
  const producer = kafka.producer({ key: string, value: string, transactionalId: 'tx', ...options })
  return { cluster, log, producer, asked, errors }
}

/** Lets time pass until the promise has settled. */
export async function during<T>({ cluster }: InTransactions, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const onSettled = (): void => {
    isSettled = true
  }
  promise.then(onSettled, onSettled)
  for (let step = 0; !isSettled && step < 2000; step++) await cluster.clock.advance(50)
  return promise
}
