/**
 * Six members that are busy all the time are restarted one after the other: under cooperative-sticky, and with static members, the group
 * keeps at least 80 % of its throughput; under range it does not. Static members cause no rebalance at all.
 */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AssignorName, Kafka, string } from '@odradek/client'
import { startBrokerProcess } from '../interop/harness/broker-process.ts'
import { type MemberLine, PollingMember } from '../proving/workload/polling-member.ts'

const MEMBERS = 6
const PARTITIONS = 12
const BACKLOG = 60_000
const AWAY_MS = 500
/** Without a restart, and with one. */
const CALM_MS = 5000

const broker = await startBrokerProcess()
after(() => broker.stop())

interface Outcome {
  /** Of the undisturbed throughput, while restarts went on. */
  readonly share: number
  /** Of members that were not restarted, while restarts went on. */
  readonly rebalancesOfOthers: number
}

class Throughput {
  readonly #count: () => number
  #records = 0
  #ms = 0

  constructor(count: () => number) {
    this.#count = count
  }

  get perMs(): number {
    return this.#records / this.#ms
  }

  async during(run: () => Promise<unknown>): Promise<void> {
    const [before, fromMs] = [this.#count(), performance.now()]
    await run()
    this.#records += this.#count() - before
    this.#ms += performance.now() - fromMs
  }
}

async function restartAll(name: string, strategy: AssignorName, isStatic: boolean): Promise<Outcome> {
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  await kafka.admin().createTopics([{ topic: name, partitions: PARTITIONS }])
  const producer = kafka.producer({ value: string })
  const backlog = Array.from({ length: BACKLOG }, (_, index) => ({ topic: name, partition: index % PARTITIONS, value: 'v' }))
  await producer.sendBatch(backlog)
  const seen = new Set<string>()
  let away = -1
  let rebalancesOfOthers = 0
  const start = async (index: number): Promise<PollingMember> => {
    const identity = isStatic ? { groupInstanceId: `member-${index}` } : {}
    const config = { groupId: name, partitionAssignmentStrategy: [strategy], maxPollRecords: 10, ...identity }
    // Ten records a second: the members are what limits the throughput. Some polls' work is slow and some quick, lest they keep step.
    const work = (records: number): Promise<void> => sleep(records * 100 * (0.2 + 1.6 * Math.random()))
    const member = new PollingMember(kafka, { topics: [name], config, work }, ({ read, assigned }: MemberLine) => {
      if (read !== undefined) seen.add(read[0])
      if (assigned !== undefined && away >= 0 && away !== index) rebalancesOfOthers++
    })
    await member.begin()
    return member
  }
  const members = await Promise.all(Array.from({ length: MEMBERS }, (_, index) => start(index)))
  const settled = async (): Promise<void> => {
    const parts = PARTITIONS / MEMBERS
    while (!members.every(({ consumer }) => consumer.assignment().length === parts)) await sleep(20)
  }
  await settled()
  // In turns, so that whatever else the machine does weighs on both.
  const undisturbed = new Throughput(() => seen.size)
  const disturbed = new Throughput(() => seen.size)
  for (const [index, member] of members.entries()) {
    await undisturbed.during(() => sleep(CALM_MS))
    away = index
    await disturbed.during(async () => {
      const calm = sleep(CALM_MS)
      await member.leave()
      await sleep(AWAY_MS)
      members[index] = await start(index)
      await settled()
      await calm
    })
    away = -1
  }
  await Promise.all(members.map((member) => member.leave()))
  return { share: disturbed.perMs / undisturbed.perMs, rebalancesOfOthers }
}

test('a rolling restart under load', { timeout: 600_000 }, async (t) => {
  const told = async (name: string, strategy: AssignorName, isStatic: boolean): Promise<Outcome> => {
    const outcome = await restartAll(name, strategy, isStatic)
    const { share, rebalancesOfOthers } = outcome
    t.diagnostic(
      `${name}: ${MEMBERS} restarts, ${(100 * share).toFixed(0)} % of the undisturbed throughput, ${rebalancesOfOthers} rebalances of other members`,
    )
    return outcome
  }
  const eager = await told('eager', 'range', false)
  const cooperative = await told('cooperative', 'cooperative-sticky', false)
  const held = await told('static', 'range', true)
  assert.ok(cooperative.share >= 0.8, `cooperative: ${cooperative.share}`)
  assert.ok(held.share >= 0.8, `static: ${held.share}`)
  assert.ok(eager.share < Math.min(cooperative.share, held.share) - 0.05, `eager: ${eager.share}`)
  assert.equal(held.rebalancesOfOthers, 0)
  assert.ok(eager.rebalancesOfOthers >= MEMBERS * (MEMBERS - 1))
})
