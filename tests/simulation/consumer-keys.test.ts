/** Keys of the consumer that a broker, or the other members of a group, act on: what comes of them on a broker of ours, in virtual time. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { type CommonConfig, type Consumer, type ConsumerConfig, type ConsumerOptions, Kafka, string } from '@odradek/client'
import { heartbeat } from '@odradek/protocol'
import { createSimulation, type Simulation } from '@odradek/runtime/sim'

type Options = ConsumerOptions<string, string>

const GROUP = 'billing'
/** A value that fills a batch: with the rest of the batch it is a little more than this. */
const KILOBYTE = 'x'.repeat(1000)
const topics = { orders: { partitions: 2 }, invoices: { partitions: 1 }, parcels: { partitions: 1 } }
const config = { 'group.initial.rebalance.delay.ms': '0', 'offsets.topic.num.partitions': '1' }
/** Hears of a rebalance soon, so that what takes long is the other member's doing. */
const attentive = { heartbeatIntervalMs: 200 }

class Stage {
  readonly simulation: Simulation
  readonly broker: Broker

  constructor(simulation: Simulation, broker: Broker) {
    this.simulation = simulation
    this.broker = broker
  }

  kafkaOn(host: string): Kafka {
    return new Kafka({ bootstrapServers: 'broker:9092', runtime: this.simulation.runtime(host), logger: { warn: () => undefined } })
  }

  /** Each in a batch of its own. */
  async write(topic: string, partition: number, ...values: readonly string[]): Promise<void> {
    const producer = this.kafkaOn('producer').producer({ value: string, lingerMs: 0, compressionType: 'none' })
    for (const value of values) await producer.send({ topic, partition, value })
    await producer.close()
  }

  async reader(topic: string, partitions: readonly number[], options: Options = {}): Promise<Consumer<string, string>> {
    const consumer = this.kafkaOn('reader').consumer({ key: string, value: string, autoOffsetReset: 'earliest', ...options })
    await consumer.assign(partitions.map((partition) => ({ topic, partition })))
    return consumer
  }

  /** Of the group, on a host of its own. */
  member(host: string, options: Options = {}, names: readonly string[] = ['orders']): Member {
    const consumer = this.kafkaOn(host).consumer({ key: string, value: string, groupId: GROUP, autoOffsetReset: 'earliest', ...options })
    return new Member(this.simulation, consumer, consumer.subscribe(names))
  }

  /** Resolves when some member has sent one. */
  nextHeartbeat(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.broker.intercept(heartbeat, ({ proceed }) => {
        stop()
        resolve()
        return proceed()
      })
    })
  }

  /** How long it takes, in virtual time. */
  async time(what: () => Promise<unknown>): Promise<number> {
    const beganMs = this.simulation.elapsedMs
    await what()
    return this.simulation.elapsedMs - beganMs
  }
}

class Member {
  readonly consumer: Consumer<string, string>
  readonly #simulation: Simulation
  readonly #subscribed: Promise<void>
  #polling: Promise<void> | undefined
  #isPolling = false

  constructor(simulation: Simulation, consumer: Consumer<string, string>, subscribed: Promise<void>) {
    this.#simulation = simulation
    this.consumer = consumer
    this.#subscribed = subscribed
  }

  /** Polls in the background until `pause()`. */
  goOn(): this {
    this.#isPolling = true
    this.#polling = this.#poll()
    return this
  }

  async pause(): Promise<void> {
    this.#isPolling = false
    this.consumer.wakeup()
    await this.#polling
  }

  async leave(): Promise<void> {
    await this.pause()
    await this.consumer.close()
  }

  /** Resolves when it has exactly so many partitions. */
  async owns(count: number): Promise<void> {
    const untilMs = this.#simulation.elapsedMs + 120_000
    while (this.consumer.assignment().length !== count) {
      assert.ok(this.#simulation.elapsedMs < untilMs, `${this.consumer.assignment().length} partitions, not ${count}`)
      await this.#simulation.sleep(50)
    }
  }

  async #poll(): Promise<void> {
    await this.#subscribed
    while (this.#isPolling) await this.consumer.poll(1000)
  }
}

function assertNear(actualMs: number, fromMs: number, toMs: number): void {
  assert.ok(actualMs >= fromMs && actualMs <= toMs, `${actualMs} ms, not between ${fromMs} and ${toMs}`)
}

async function generationAfterRestart(stage: Stage, options: Options): Promise<[before: number, after: number]> {
  const generations: number[] = []
  for (const host of ['first', 'second']) {
    const member = stage.member(host, options).goOn()
    await member.owns(2)
    generations.push(member.consumer.groupMetadata().generationId)
    await member.leave()
  }
  const [before = -1, after = -1] = generations
  return [before, after]
}

async function sharesOf(partitionAssignmentStrategy: readonly ['range'] | readonly ['round-robin'], stage: Stage): Promise<number[]> {
  const members = ['first', 'second'].map((host) =>
    stage.member(host, { ...attentive, groupId: partitionAssignmentStrategy[0], partitionAssignmentStrategy }, ['invoices', 'parcels']),
  )
  for (const member of members) member.goOn()
  await stage.simulation.sleep(5000)
  for (const member of members) await member.pause()
  return members.map(({ consumer }) => consumer.assignment().length).toSorted((left, right) => left - right)
}

const effects = {
  clientId: async (stage) => {
    const member = stage.member('first', { clientId: 'bookkeeper' }).goOn()
    await member.owns(2)
    const [group] = await stage.kafkaOn('admin').admin().describeGroups([GROUP])
    assert.deepEqual(
      group?.members.map(({ clientId }) => clientId),
      ['bookkeeper'],
    )
    await member.leave()
  },
  groupInstanceId: async (stage) => {
    const [begun, gone] = await generationAfterRestart(stage, { groupId: 'dynamic' })
    assert.ok(gone > begun, 'whoever leaves and joins is a rebalance')
    const [before, after] = await generationAfterRestart(stage, { groupId: 'static', groupInstanceId: 'one' })
    assert.equal(after, before)
  },
  sessionTimeoutMs: async (stage) => {
    for (const sessionTimeoutMs of [6000, 12_000]) {
      const hosts = [`dying-${sessionTimeoutMs}`, `living-${sessionTimeoutMs}`] as const
      const groupId = `${sessionTimeoutMs}`
      const dying = stage.member(hosts[0], { ...attentive, groupId, sessionTimeoutMs }).goOn()
      const living = stage.member(hosts[1], { ...attentive, groupId }).goOn()
      await Promise.all([dying.owns(1), living.owns(1)])
      await stage.simulation.sleep(1000)
      stage.simulation.kill(hosts[0])
      const tookMs = await stage.time(() => living.owns(2))
      assertNear(tookMs, sessionTimeoutMs - 500, sessionTimeoutMs + 500)
      await living.pause()
    }
  },
  heartbeatIntervalMs: async (stage) => {
    for (const heartbeatIntervalMs of [300, 4000]) {
      const groupId = `${heartbeatIntervalMs}`
      const first = stage.member(`first-${groupId}`, { groupId, heartbeatIntervalMs }).goOn()
      await first.owns(2)
      // In a generation that is young, heartbeats are closer together.
      await stage.simulation.sleep(10_000)
      await stage.nextHeartbeat()
      const second = stage.member(`second-${groupId}`, { groupId }).goOn()
      // With its next heartbeat the first hears that another has joined.
      assertNear(await stage.time(() => second.owns(1)), heartbeatIntervalMs - 100, heartbeatIntervalMs + 200)
      await first.leave()
      await second.leave()
    }
  },
  maxPollIntervalMs: async (stage) => {
    const maxPollIntervalMs = 5000
    const idling = stage.member('idling', { ...attentive, maxPollIntervalMs }).goOn()
    const other = stage.member('other', attentive).goOn()
    await Promise.all([idling.owns(1), other.owns(1)])
    await idling.pause()
    assertNear(await stage.time(() => other.owns(2)), maxPollIntervalMs - 200, maxPollIntervalMs + 1000)
    await other.pause()
    // One that says nothing any more is waited for as long in a rebalance, though its session lasts.
    const dead = stage.member('dead', { groupId: 'waiting', maxPollIntervalMs, sessionTimeoutMs: 40_000 }).goOn()
    await dead.owns(2)
    stage.simulation.kill('dead')
    const heir = stage.member('heir', { groupId: 'waiting', maxPollIntervalMs }).goOn()
    assertNear(await stage.time(() => heir.owns(2)), maxPollIntervalMs - 200, maxPollIntervalMs + 1000)
    await heir.pause()
  },
  partitionAssignmentStrategy: async (stage) => {
    assert.deepEqual(await sharesOf(['range'], stage), [0, 2])
    assert.deepEqual(await sharesOf(['round-robin'], stage), [1, 1])
  },
  isolationLevel: async (stage) => {
    const producer = stage.kafkaOn('producer').producer({ value: string, transactionalId: 'biller', lingerMs: 0 })
    await producer.initTransactions()
    producer.beginTransaction()
    await producer.send({ topic: 'parcels', value: 'aborted' })
    await producer.abortTransaction()
    producer.beginTransaction()
    await producer.send({ topic: 'parcels', value: 'open' })
    const values = async (isolationLevel: 'read_committed' | 'read_uncommitted'): Promise<(string | null)[]> => {
      const consumer = await stage.reader('parcels', [0], { isolationLevel })
      const read: (string | null)[] = []
      for (let polls = 0; polls < 5; polls++) read.push(...(await consumer.poll(300)).map(({ value }) => value))
      return read
    }
    assert.deepEqual(await values('read_uncommitted'), ['aborted', 'open'])
    assert.deepEqual(await values('read_committed'), [])
    await producer.commitTransaction()
    assert.deepEqual(await values('read_committed'), ['open'])
  },
  fetchMinBytes: async (stage) => {
    await stage.write('parcels', 0, 'small')
    const patient = await stage.reader('parcels', [0], { fetchMinBytes: 1000, fetchMaxWaitMs: 60_000 })
    assert.deepEqual(await patient.poll(20_000), [])
    const polled = patient.poll(20_000)
    await stage.write('parcels', 0, KILOBYTE)
    const tookMs = await stage.time(() => polled)
    assert.equal((await polled).length, 2)
    assertNear(tookMs, 0, 1000)
  },
  fetchMaxWaitMs: async (stage) => {
    await stage.write('parcels', 0, 'small')
    for (const fetchMaxWaitMs of [200, 7000]) {
      const consumer = await stage.reader('parcels', [0], { fetchMinBytes: 100_000, fetchMaxWaitMs })
      let count = 0
      const tookMs = await stage.time(async () => {
        count = (await consumer.poll(20_000)).length
      })
      assert.equal(count, 1)
      assertNear(tookMs, fetchMaxWaitMs, fetchMaxWaitMs + 150)
    }
  },
  fetchMaxBytes: async (stage) => {
    for (const partition of [0, 1]) await stage.write('orders', partition, KILOBYTE, KILOBYTE)
    const first = async (options: Options): Promise<number> => (await (await stage.reader('orders', [0, 1], options)).poll(1000)).length
    assert.equal(await first({}), 4)
    assert.equal(await first({ fetchMaxBytes: 3500 }), 3)
    // The first batch of all comes, however large it is.
    assert.equal(await first({ fetchMaxBytes: 10 }), 1)
  },
  maxPartitionFetchBytes: async (stage) => {
    for (const partition of [0, 1]) await stage.write('orders', partition, KILOBYTE, KILOBYTE, KILOBYTE)
    const first = async (options: Options): Promise<number[]> => {
      const records = await (await stage.reader('orders', [0, 1], options)).poll(1000)
      return [0, 1].map((wanted) => records.filter(({ partition }) => partition === wanted).length)
    }
    assert.deepEqual(await first({}), [3, 3])
    assert.deepEqual(await first({ maxPartitionFetchBytes: 2500 }), [2, 2])
  },
  allowAutoCreateTopics: async (stage) => {
    const admin = stage.kafkaOn('admin').admin()
    const isThere = async (name: string): Promise<boolean> => (await admin.listTopics()).some(({ topic }) => topic === name)
    for (const allowAutoCreateTopics of [false, true]) {
      const name = `wanted-${allowAutoCreateTopics}`
      const member = stage.member(name, { allowAutoCreateTopics }, [name]).goOn()
      await stage.simulation.sleep(2000)
      await member.pause()
      assert.equal(await isThere(name), allowAutoCreateTopics)
    }
  },
} satisfies Partial<Record<keyof ConsumerConfig | keyof CommonConfig, (stage: Stage) => Promise<void>>>

describe('keys of the consumer, on a broker', () => {
  for (const [key, effect] of Object.entries(effects)) {
    it(key, async () => {
      const simulation = createSimulation({ seed: 3 })
      await simulation.run(async () => {
        const broker = await startBroker({ runtime: simulation.runtime('broker'), host: 'broker', port: 9092, topics, config })
        await effect(new Stage(simulation, broker))
        await broker.close()
      })
    })
  }
})
