/** A member of a group, as a process of its own would be: it polls, handles and commits until it is stopped. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, type ConsumerRecord, string, type SyncSerde } from '@odradek/client'

export type Record = ConsumerRecord<string, string>

export class Member {
  readonly name: string
  readonly consumer: Consumer<string, string>
  /** How many partitions rebalances have taken away so far, those included that came back. */
  letGo = 0
  readonly #loop: Promise<void>
  #isStopping = false

  /** Subscribes `consumer` to `topic`. */
  constructor(
    name: string,
    consumer: Consumer<string, string>,
    topic: string,
    handle: (records: readonly Record[], member: Member) => unknown = () => undefined,
  ) {
    this.name = name
    this.consumer = consumer
    this.#loop = this.#run(topic, handle)
  }

  partitions(): number[] {
    return this.consumer.assignment().map(({ partition }) => partition)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.consumer.wakeup()
    await this.#loop
    await this.consumer.close()
  }

  async #run(topic: string, handle: (records: readonly Record[], member: Member) => unknown): Promise<void> {
    await this.consumer.subscribe([topic], { onRevoked: (partitions) => void (this.letGo += partitions.length) })
    while (!this.#isStopping) {
      const records = await this.consumer.poll(100)
      if (records.length === 0) continue
      await handle(records, this)
      // Refused when a rebalance has begun meanwhile: the records come again.
      await this.consumer.commitSync().catch(() => undefined)
    }
  }
}

export const textSerdes: { readonly key: SyncSerde<string>; readonly value: SyncSerde<string> } = { key: string, value: string }

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5)
}

/** Until every partition has an owner and no member has more than its share. */
export async function settled(members: readonly Member[], partitionCount: number): Promise<void> {
  const share = Math.floor(partitionCount / members.length)
  await until(() => {
    const counts = members.map((member) => member.partitions().length)
    return counts.every((count) => count >= share) && counts.reduce((sum, count) => sum + count, 0) === partitionCount
  })
}
