/** A rolling deploy of a group under load: each member in turn is closed and started again, and every record notes who handled it, and when. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ConsumerOptions } from '@odradek/client'
import type { Cluster } from '../lib/cluster.ts'
import { Member, settled, textSerdes } from '../lib/member.ts'

export interface DeployOptions {
  readonly strategy: 'range' | 'cooperative-sticky'
  readonly isStatic: boolean
  readonly members: number
  readonly partitions: number
  /** To a partition; without it the topic is full from the start, and members are as fast as they can be. */
  readonly recordsPerSecond: number | undefined
  /** How long the work on a record takes on average. */
  readonly workMs: number
  readonly heartbeatIntervalMs: number
  /** How long a member is away, and how long the group is left alone before the next goes. */
  readonly awayMs: number
  readonly calmMs: number
}

export interface Handled {
  readonly atMs: number
  readonly partition: number
  /** 0 … members − 1; the new instance counts as the old one. */
  readonly member: number
}

export interface Deploy {
  readonly handled: readonly Handled[]
  /** From the first close to the last member back. Before that the group was left alone for twice `calmMs`. */
  readonly fromMs: number
  readonly toMs: number
  /** Partitions that members let go of while another was restarted. */
  readonly letGo: number
  readonly restarts: readonly { readonly member: number; readonly fromMs: number; readonly toMs: number }[]
}

export async function deploy(cluster: Cluster, name: string, options: DeployOptions): Promise<Deploy> {
  const { members: count, partitions, calmMs } = options
  const topic = await cluster.createTopic(name, partitions)
  const producer = cluster.kafka.producer(textSerdes)
  const round = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, value: 'x' }))
  const fill = options.recordsPerSecond === undefined ? 60_000 : 0
  for (let index = 0; index < fill; index += 1000) await producer.sendBatch(Array.from({ length: 1000 / partitions }, () => round).flat())

  const startMs = performance.now()
  const nowMs = (): number => performance.now() - startMs
  const handled: Handled[] = []
  const start = (index: number): Member => {
    const config: ConsumerOptions<string, string> = {
      ...textSerdes,
      groupId: cluster.named(name),
      groupInstanceId: options.isStatic ? `member-${index}` : undefined,
      partitionAssignmentStrategy: [options.strategy],
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      maxPollRecords: 10,
    }
    return new Member(String(index), cluster.kafka.consumer(config), topic, async (records) => {
      // Some polls' work is slow and some quick: otherwise every rebalance would have the members keep step from then on.
      const workMs = options.workMs * (0.2 + 1.6 * Math.random())
      for (const { partition } of records) {
        await sleep(workMs)
        handled.push({ atMs: nowMs(), partition, member: index })
      }
    })
  }
  const members = Array.from({ length: count }, (_, index) => start(index))
  await settled(members, partitions)

  const timer =
    options.recordsPerSecond === undefined ? undefined : setInterval(() => void producer.sendBatch(round), 1000 / options.recordsPerSecond)
  await sleep(2 * calmMs)
  const restarts: { member: number; fromMs: number; toMs: number }[] = []
  let letGo = 0
  for (const [index, member] of members.entries()) {
    const others = members.filter((other) => other !== member)
    const letGoOfOthers = (): number => others.reduce((sum, other) => sum + other.letGo, 0)
    const before = letGoOfOthers()
    const fromMs = nowMs()
    await member.stop()
    await sleep(options.awayMs)
    members[index] = start(index)
    await settled(members, partitions)
    restarts.push({ member: index, fromMs, toMs: nowMs() })
    letGo += letGoOfOthers() - before
    await sleep(calmMs)
  }
  const toMs = nowMs()
  clearInterval(timer)
  await producer.flush()
  await Promise.all(members.map((member) => member.stop()))
  return { handled, letGo, restarts, fromMs: restarts[0]?.fromMs ?? 0, toMs }
}
