/** A topic in memory and a group of one member, on the fake cluster. */

import type { FetchRequest, FetchResponseInput } from '@odradek/protocol'
import { ErrorCodes, fetch, listOffsets, RecordBatchBuilder } from '@odradek/protocol'
import type { Consumer, ConsumerOptions, ConsumerRecord } from '../../src/index.ts'
import { Kafka, string } from '../../src/index.ts'
import { FakeCluster } from './fake-cluster.ts'
import { FakeGroup } from './fake-group.ts'

/** Partitions of topic 't' as lists of values, and the group that reads them. */
export class FakeLog {
  readonly cluster: FakeCluster = new FakeCluster()
  readonly group: FakeGroup = new FakeGroup(this.cluster)
  readonly partitions: string[][]

  constructor(...partitions: string[][]) {
    this.partitions = partitions
    const { cluster } = this
    cluster.topics.set(
      't',
      partitions.map(() => 1),
    )
    cluster.on(fetch, (request) => this.#fetch(request))
    cluster.on(listOffsets, ({ topics }) => ({
      topics: topics.map(({ name, partitions: asked }) => ({
        name,
        partitions: asked.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          errorCode: 0,
          timestamp: -1,
          offset: timestamp === -2 ? 0 : (this.partitions[partitionIndex]?.length ?? 0),
        })),
      })),
    }))
  }

  consumer(options: ConsumerOptions<string, string> = {}): Consumer<string, string> {
    const { bootstrapServers, runtime } = this.cluster
    return new Kafka({ bootstrapServers, runtime }).consumer({
      key: string,
      value: string,
      groupId: 'g',
      autoOffsetReset: 'earliest',
      logger: { warn: () => undefined },
      ...options,
    })
  }

  /** The result of a poll that is given this much time. */
  async poll(consumer: Consumer<string, string>, timeoutMs = 500): Promise<ConsumerRecord<string, string>[]> {
    const polled = consumer.poll(timeoutMs)
    // It may reject before anybody waits for it.
    polled.catch(() => undefined)
    await this.cluster.clock.advance(timeoutMs + 1)
    return polled
  }

  async #fetch({ topics, maxWaitMs }: FetchRequest): Promise<FetchResponseInput> {
    const answer = (): FetchResponseInput => ({
      throttleTimeMs: 0,
      responses: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, fetchOffset }) => {
          const values = this.partitions[partition] ?? []
          const rest = values.slice(fetchOffset)
          return {
            partitionIndex: partition,
            errorCode: fetchOffset > values.length ? ErrorCodes.OFFSET_OUT_OF_RANGE : 0,
            highWatermark: values.length,
            lastStableOffset: values.length,
            abortedTransactions: null,
            records: rest.length === 0 ? null : this.#batch(rest, fetchOffset),
          }
        }),
      })),
    })
    const now = answer()
    if (
      maxWaitMs === 0 ||
      now.responses.some(({ partitions }) => partitions.some(({ records, errorCode }) => records !== null || errorCode !== 0))
    )
      return now
    await new Promise<void>((resolve) => {
      this.cluster.clock.setTimer(maxWaitMs, resolve)
    })
    return answer()
  }

  #batch(values: readonly string[], baseOffset: number): Buffer {
    const builder = new RecordBatchBuilder()
    for (const value of values) builder.append(1000, null, value)
    return builder.build({ crc32c: (data) => this.cluster.runtime.codecs.crc32c(data), baseOffset })
  }
}
