/** The fetch side of brokers in memory: one topic with leaders, epochs, an id and fetch sessions. Offsets are array indexes. */

import type { FetchRequest, FetchRequestPartition, FetchResponseInput, FetchResponsePartitionDataInput } from '@odradek/protocol'
import { ErrorCodes, fetch, listOffsets, metadata, offsetForLeaderEpoch, RecordBatchBuilder } from '@odradek/protocol'
import type { Consumer, ConsumerOptions, ConsumerRecord } from '../../src/index.ts'
import { Kafka, string } from '../../src/index.ts'
import type { FakeRequest } from './fake-cluster.ts'
import { FakeCluster } from './fake-cluster.ts'

export interface FakeRecord {
  readonly value: string
  readonly epoch: number
  readonly timestamp: number
}

export class FakePartition {
  readonly records: FakeRecord[] = []
  leader = 1
  leaderEpoch = 0
  /** What answers say instead of data, until it is unset. */
  answer: ((asked: FetchRequestPartition, request: FakeRequest) => Partial<FetchResponsePartitionDataInput> | undefined) | undefined

  write(...values: readonly string[]): this {
    for (const value of values) this.records.push({ value, epoch: this.leaderEpoch, timestamp: 1000 + this.records.length })
    return this
  }
}

type Known = { topicId: string; topic: string; asked: FetchRequestPartition; highWatermark: number }

export class FakePartitions {
  readonly cluster: FakeCluster
  readonly partitions: readonly FakePartition[]
  /** Change it to make the topic anew; undefined: none. */
  topicId: string | undefined = 'tttttttttttttttttttttA'
  isInternal = false
  /** By node. */
  readonly racks: Map<number, string> = new Map()
  /** Most records in an answer a partition. */
  batchSize = 100
  /** Sessions by id, as a broker keeps them. */
  readonly sessions: Map<number, { epoch: number; known: Map<number, Known> }> = new Map()
  keepsSessions = true
  /** How long the end of a session takes. */
  sessionEndMs = 0
  #lastSession = 0

  constructor(count: number, nodes: number[] = [1]) {
    this.cluster = new FakeCluster(nodes)
    this.partitions = Array.from({ length: count }, () => new FakePartition())
    const known = [...nodes]
    this.cluster.on(metadata, () => ({
      throttleTimeMs: 0,
      brokers: known.map((nodeId) => ({ nodeId, host: 'fake', port: 9000 + nodeId, rack: this.racks.get(nodeId) ?? null })),
      clusterId: 'fake',
      controllerId: 1,
      topics: [{ errorCode: 0, name: 't', topicId: this.topicId, isInternal: this.isInternal, partitions: this.partitions.map(describe) }],
    }))
    this.cluster.on(fetch, (request, context) => this.#fetch(request, context))
    this.cluster.on(listOffsets, ({ topics }) => ({
      topics: topics.map(({ name, partitions: asked }) => ({
        name,
        partitions: asked.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          errorCode: 0,
          timestamp: -1,
          leaderEpoch: 0,
          offset: offsetFor(this.at(partitionIndex).records, timestamp),
        })),
      })),
    }))
    this.cluster.on(offsetForLeaderEpoch, ({ topics }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ topic, partitions: asked }) => ({
        topic,
        partitions: asked.map(({ partition, leaderEpoch }) => ({ errorCode: 0, partition, ...endOf(this.at(partition), leaderEpoch) })),
      })),
    }))
  }

  at(partition: number): FakePartition {
    const found = this.partitions[partition]
    if (found === undefined) throw new Error(`no partition ${partition}`)
    return found
  }

  consumer(options: ConsumerOptions<string, string> = {}): Consumer<string, string> {
    const { bootstrapServers, runtime } = this.cluster
    return new Kafka({ bootstrapServers, runtime }).consumer({ key: string, value: string, autoOffsetReset: 'earliest', ...options })
  }

  /** A consumer that has been given all partitions. */
  async assigned(options: ConsumerOptions<string, string> = {}): Promise<Consumer<string, string>> {
    const consumer = this.consumer(options)
    await consumer.assign(this.partitions.map((_, partition) => ({ topic: 't', partition })))
    return consumer
  }

  /** What a poll returns that is given this much time. */
  async poll(consumer: Consumer<string, string>, timeoutMs = 100): Promise<(string | null)[]> {
    return (await this.pollRecords(consumer, timeoutMs)).map(({ value }) => value)
  }

  async pollRecords(consumer: Consumer<string, string>, timeoutMs = 100): Promise<ConsumerRecord<string, string>[]> {
    const polled = consumer.poll(timeoutMs)
    // It may reject before anybody waits for it.
    polled.catch(() => undefined)
    await this.cluster.clock.advance(timeoutMs + 1)
    return polled
  }

  get fetches(): FetchRequest[] {
    return this.cluster.of(fetch)
  }

  async #fetch(request: FetchRequest, context: FakeRequest): Promise<FetchResponseInput> {
    const { maxWaitMs, sessionId, sessionEpoch } = request
    const refused = (errorCode: number): FetchResponseInput => ({ throttleTimeMs: 0, errorCode, sessionId: 0, responses: [] })
    const session = this.sessions.get(sessionId)
    if (sessionEpoch > 0 && session === undefined) return refused(ErrorCodes.FETCH_SESSION_ID_NOT_FOUND)
    if (sessionEpoch > 0 && session?.epoch !== sessionEpoch) return refused(ErrorCodes.INVALID_FETCH_SESSION_EPOCH)
    const known = sessionEpoch > 0 && session !== undefined ? session.known : new Map<number, Known>()
    for (const { partitions } of request.forgottenTopicsData) for (const partition of partitions) known.delete(partition)
    for (const { topic, topicId, partitions } of request.topics) {
      for (const asked of partitions) known.set(asked.partition, { topic, topicId, asked, highWatermark: -1 })
    }
    const id = this.#sessionId(request, known)
    if (sessionEpoch < 0 && this.sessionEndMs > 0) await this.#pause(this.sessionEndMs)
    const read = (): FetchResponseInput => {
      const all = [...known.values()].map((each) => ({ each, data: this.#read(each.asked, context) }))
      const told = sessionEpoch > 0 ? all.filter(({ each, data }) => isNews(each, data)) : all
      for (const { each, data } of told) each.highWatermark = data.highWatermark
      return {
        throttleTimeMs: 0,
        sessionId: id,
        responses: told.map(({ each, data }) => ({ topic: each.topic, topicId: each.topicId, partitions: [data] })),
      }
    }
    const now = read()
    if (maxWaitMs === 0 || now.responses.some(({ partitions }) => partitions.some(hasSomething))) return now
    await this.#pause(maxWaitMs)
    return read()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.cluster.clock.setTimer(ms, resolve)
    })
  }

  #sessionId({ sessionId, sessionEpoch }: FetchRequest, known: Map<number, Known>): number {
    if (sessionEpoch > 0) {
      const session = this.sessions.get(sessionId)
      if (session !== undefined) session.epoch++
      return sessionId
    }
    this.sessions.delete(sessionId)
    if (sessionEpoch < 0 || !this.keepsSessions) return 0
    this.sessions.set(++this.#lastSession, { epoch: 1, known })
    return this.#lastSession
  }

  #read(asked: FetchRequestPartition, request: FakeRequest): FetchResponsePartitionDataInput {
    const partition = this.at(asked.partition)
    const { records } = partition
    const some = records.slice(asked.fetchOffset, asked.fetchOffset + this.batchSize)
    const data = {
      partitionIndex: asked.partition,
      errorCode: 0,
      highWatermark: records.length,
      lastStableOffset: records.length,
      abortedTransactions: null,
      records: null,
    }
    const instead = partition.answer?.(asked, request)
    if (instead !== undefined) return { ...data, ...instead }
    if (request.node !== partition.leader) return { ...data, errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER }
    if (asked.fetchOffset > records.length) return { ...data, errorCode: ErrorCodes.OFFSET_OUT_OF_RANGE }
    return some.length === 0 ? data : { ...data, records: this.batches(some, asked.fetchOffset) }
  }

  /** A batch for each run of one epoch. */
  batches(records: readonly FakeRecord[], baseOffset: number): Buffer {
    const built: Buffer[] = []
    for (let start = 0; start < records.length; ) {
      const epoch = records[start]?.epoch ?? 0
      const builder = new RecordBatchBuilder()
      let end = start
      for (; end < records.length && records[end]?.epoch === epoch; end++) {
        builder.append(records[end]?.timestamp ?? 0, null, records[end]?.value ?? '')
      }
      const crc32c = (data: Uint8Array): number => this.cluster.runtime.codecs.crc32c(data)
      built.push(Buffer.from(builder.build({ crc32c, baseOffset: baseOffset + start, partitionLeaderEpoch: epoch })))
      start = end
    }
    return Buffer.concat(built)
  }
}

function describe({ leader, leaderEpoch }: FakePartition, partitionIndex: number) {
  return { errorCode: 0, partitionIndex, leaderId: leader, leaderEpoch, replicaNodes: [leader], isrNodes: [leader], offlineReplicas: [] }
}

function hasSomething({ records, errorCode, preferredReadReplica }: FetchResponsePartitionDataInput): boolean {
  return records !== null || errorCode !== 0 || (preferredReadReplica ?? -1) >= 0
}

function isNews({ highWatermark }: Known, data: FetchResponsePartitionDataInput): boolean {
  return hasSomething(data) || data.highWatermark !== highWatermark
}

function offsetFor(records: readonly FakeRecord[], timestamp: number): number {
  if (timestamp === -2) return 0
  if (timestamp === -1) return records.length
  return records.findIndex((record) => record.timestamp >= timestamp)
}

/** Where the records of the epoch, or of the last one before it, end. */
function endOf({ records }: FakePartition, leaderEpoch: number): { leaderEpoch: number; endOffset: number } {
  const last = records.findLastIndex(({ epoch }) => epoch <= leaderEpoch)
  return last < 0 ? { leaderEpoch: -1, endOffset: -1 } : { leaderEpoch: records[last]?.epoch ?? -1, endOffset: last + 1 }
}
