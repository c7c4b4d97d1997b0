/** Reads everything when all is done: the logs from their beginnings to their ends, and what groups have committed. */

import { type Consumer, string, type TopicPartition, type TopicPartitionOffset } from '@odradek/client'
import type { Isolation } from '@odradek/history'
import type { Life } from '../stage/program.ts'
import { fetched } from '../../recorded/fetched.ts'

const POLL_MS = 500

export class Auditor {
  readonly #life: Life
  readonly #consumer: Consumer<string, string>
  readonly #isolation: Isolation
  readonly #client: string

  constructor(life: Life, isolation: Isolation) {
    this.#life = life
    this.#isolation = isolation
    this.#client = `${life.name}.${isolation}`
    this.#consumer = life.kafka.consumer({ key: string, value: string, autoOffsetReset: 'earliest', isolationLevel: isolation })
  }

  async partitions(topics: readonly string[]): Promise<TopicPartition[]> {
    const infos = await Promise.all(topics.map((topic) => this.#consumer.partitionsFor(topic)))
    return infos.flat().map(({ topic, partition }) => ({ topic, partition }))
  }

  async ends(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    const { history } = this.#life
    const bounding = history.bounds({ client: this.#client, isolation: this.#isolation })
    const [starts, ends] = await Promise.all([this.#consumer.beginningOffsets(partitions), this.#consumer.endOffsets(partitions)])
    const startOf = ({ topic, partition }: TopicPartition): number =>
      starts.find((start) => start.topic === topic && start.partition === partition)?.offset ?? 0
    bounding.ok(ends.map((end) => ({ topic: end.topic, partition: end.partition, start: startOf(end), end: end.offset })))
    return ends
  }

  open(): void {
    const { history, name } = this.#life
    history.openConsumer({ client: this.#client, process: name, isolation: this.#isolation, reset: 'earliest' })
  }

  /** Every record of these partitions, up to `ends`. */
  async read(ends: readonly TopicPartitionOffset[]): Promise<void> {
    const { history } = this.#life
    const partitions = ends.map(({ topic, partition }) => ({ topic, partition }))
    await this.#consumer.assign(partitions)
    history.assigned({ client: this.#client, partitions, manual: true })
    this.#consumer.seekToBeginning()
    for (const partition of partitions) history.seek({ client: this.#client, ...partition, offset: 0 })
    for (const end of ends) {
      while ((await this.#consumer.position(end)) < end.offset) {
        const polling = history.poll({ client: this.#client })
        polling.ok(fetched(await this.#consumer.poll(POLL_MS)))
      }
    }
  }

  async committed(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    const { history } = this.#life
    const consumer = this.#life.kafka.consumer({ groupId: group })
    const asking = history.committed({ client: this.#client, group })
    const offsets = await consumer.committed(partitions)
    asking.ok(offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })))
    await consumer.close()
  }

  async close(): Promise<void> {
    this.#life.history.close(this.#client)
    await this.#consumer.close()
  }
}
