/** The partitions whose logs are open. A log is opened when it is first used, once, whoever asks. */

import type { Partition } from '../partition/partition.ts'
import type { Topic } from './topic.ts'

/** Opens, and recovers where needed, the log of one partition. */
export type OpenPartition = (topic: Topic, partition: number) => Promise<Partition>

interface TopicLogs {
  readonly topicId: string
  readonly open: (Partition | undefined)[]
  readonly opening: Map<number, Promise<Partition>>
}

export class PartitionRegistry {
  readonly #openPartition: OpenPartition
  readonly #onOpened: (partition: Partition) => void
  readonly #byTopic = new Map<string, TopicLogs>()
  /** By topic name: a topic that is created again must not open directories that are still being removed. */
  readonly #deleting = new Map<string, Promise<void>>()

  /** `onOpened` sees each partition just before anyone else does. */
  constructor(openPartition: OpenPartition, onOpened: (partition: Partition) => void) {
    this.#openPartition = openPartition
    this.#onOpened = onOpened
  }

  /** The partition when its log is open already. */
  opened(topic: string, partition: number): Partition | undefined {
    return this.#byTopic.get(topic)?.open[partition]
  }

  /** Every partition whose log is open. */
  *all(): Generator<Partition> {
    for (const { open } of this.#byTopic.values()) {
      for (const partition of open) if (partition !== undefined) yield partition
    }
  }

  /** The partition with its log open. Rejects with StorageError when it cannot be opened; the next call tries again. */
  open(topic: Topic, partition: number): Promise<Partition> {
    const logs = this.#logsOf(topic)
    const open = logs.open[partition]
    if (open !== undefined) return Promise.resolve(open)
    let opening = logs.opening.get(partition)
    if (opening === undefined) {
      opening = this.#open(logs, topic, partition)
      logs.opening.set(partition, opening)
    }
    return opening
  }

  /** Takes the logs of a deleted topic out of service and off the disk. */
  delete(topic: Topic): Promise<void> {
    const deleting = this.#delete(topic).finally(() => {
      if (this.#deleting.get(topic.name) === deleting) this.#deleting.delete(topic.name)
    })
    this.#deleting.set(topic.name, deleting)
    return deleting
  }

  async #delete(topic: Topic): Promise<void> {
    const before = this.#deleting.get(topic.name)
    const logs = this.#byTopic.get(topic.name)
    const opening = Promise.allSettled(topic.partitions.map((_state, partition) => this.open(topic, partition)))
    if (logs?.topicId === topic.id) this.#byTopic.delete(topic.name)
    await before
    const opened = await opening
    for (const partition of opened) if (partition.status === 'fulfilled') await partition.value.delete()
    const failed = opened.find((partition) => partition.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** Closes every log. Rejects with the first failure, after all have been tried. */
  async close(): Promise<void> {
    const opening = [...this.#byTopic.values()].flatMap((logs) => [...logs.opening.values()])
    await Promise.allSettled(opening)
    const results = await Promise.allSettled([...this.all()].map((partition) => partition.close()))
    this.#byTopic.clear()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #logsOf(topic: Topic): TopicLogs {
    let logs = this.#byTopic.get(topic.name)
    if (logs?.topicId !== topic.id) {
      logs = { topicId: topic.id, open: [], opening: new Map() }
      this.#byTopic.set(topic.name, logs)
    }
    return logs
  }

  async #open(logs: TopicLogs, topic: Topic, partition: number): Promise<Partition> {
    try {
      await this.#deleting.get(topic.name)
      const opened = await this.#openPartition(topic, partition)
      this.#onOpened(opened)
      logs.open[partition] = opened
      return opened
    } finally {
      logs.opening.delete(partition)
    }
  }
}
