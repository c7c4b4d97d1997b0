/**
 * Everything that makes a group rebalance, with our client, on our broker and on Apache Kafka: who comes and goes in every way, and what
 * there is to read. Every record that is written meanwhile is read by a member.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, string } from '@odradek/client'
import { ErrorCodes, offsetCommit } from '@odradek/protocol'
import { Connection } from '../golden/groups/lab.ts'
import { type MemberLine, PollingMember, type PollingMemberOptions } from '../proving/workload/polling-member.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'
import { rootDir } from './harness/paths.ts'
import { type StartedProcess, startProcess } from './harness/process.ts'

const PARTITIONS = 6
const PATIENCE_MS = 30_000
const sessionMs = 2000
const timing = { sessionTimeoutMs: sessionMs, heartbeatIntervalMs: 300, metadataMaxAgeMs: 300 }
const sameTiming = { 'session.timeout.ms': `${sessionMs}`, 'heartbeat.interval.ms': '300' }

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + PATIENCE_MS; performance.now() < endMs; await sleep(20)) if (await condition()) return
  assert.fail(`not within ${PATIENCE_MS / 1000} s: ${what}`)
}

/** A group of ours that reads what is being written. */
class Scene implements AsyncDisposable {
  readonly kafka: Kafka
  readonly topic: string
  readonly warnings: string[] = []
  readonly #bootstrapServers: string
  readonly #t: TestContext
  readonly #lines: MemberLine[] = []
  readonly #members: PollingMember[] = []
  readonly #processes: StartedProcess[] = []
  readonly #written = new Set<string>()
  #isOver = false
  #count = 0
  #writing: Promise<void> = Promise.resolve()

  constructor(bootstrapServers: string, t: TestContext) {
    this.#bootstrapServers = bootstrapServers
    this.#t = t
    this.topic = t.name.replaceAll(/\W+/g, '-')
    this.kafka = new Kafka({ bootstrapServers, logger: { warn: (message) => void this.warnings.push(message) } })
  }

  /** How many records have been written. */
  get count(): number {
    return this.#count
  }

  async begin(): Promise<void> {
    await this.kafka.admin().createTopics([{ topic: this.topic, partitions: PARTITIONS }])
    this.writeOn()
  }

  async member(config: PollingMemberOptions['config'] = {}, topics?: RegExp | string[]): Promise<PollingMember> {
    const options = { topics: topics ?? [this.topic], config: { ...timing, groupId: this.topic, ...config } }
    const member = new PollingMember(this.kafka, options, (line) => void this.#lines.push(line))
    this.#members.push(member)
    await member.begin()
    return member
  }

  process(): StartedProcess {
    const program = join(rootDir, 'tests', 'dist', 'proving', 'workload', 'member-main.js')
    const started = startProcess(process.execPath, [program, this.#bootstrapServers, this.topic, this.topic, JSON.stringify(sameTiming)])
    this.#processes.push(started)
    return started
  }

  /** Until the group is stable with so many members, each with so many partitions. */
  async shared(...sizes: readonly number[]): Promise<void> {
    await until(`shared out as ${sizes.join(', ')}`, async () => {
      const [group] = await this.kafka.admin().describeGroups([this.topic])
      const owned = group?.members.map(({ assignment }) => assignment.length).sort((left, right) => left - right)
      return group?.state === 'Stable' && `${owned?.join()}` === sizes.join()
    })
  }

  /** The trigger, and how long the group took to be as it should be. */
  async fire(what: string, trigger: () => unknown, settled: () => Promise<void>): Promise<void> {
    const assignments = (): number => this.#lines.filter(({ assigned }) => assigned !== undefined).length
    const before = assignments()
    const fromMs = performance.now()
    await trigger()
    await settled()
    await until('somebody has noticed', () => assignments() > before)
    const seen = assignments() - before
    this.#t.diagnostic(
      `fired once: ${what}; ${Math.round(performance.now() - fromMs)} ms; ${seen} assignments seen by those in this process`,
    )
  }

  /** Writes to a partition that members may have yet to find. */
  async write(topic: string, partition: number): Promise<void> {
    const producer = this.kafka.producer({ value: string })
    const { offset } = await producer.send({ topic, partition, value: 'extra' })
    this.#written.add(`${topic}/${partition}/${offset}`)
    await producer.close()
  }

  writeOn(): void {
    this.#isOver = false
    this.#writing = this.#write()
  }

  /** Writes no more; resolves when every record has been read. */
  async allRead(): Promise<void> {
    this.#isOver = true
    await this.#writing
    const read = (): Set<string> => {
      const told = [...this.#lines, ...this.#processes.flatMap(linesOf)]
      return new Set(told.flatMap(({ read: each }) => (each === undefined ? [] : [each[0]])))
    }
    await until('every record is read', () => {
      const places = read()
      return [...this.#written].every((place) => places.has(place))
    })
    this.#t.diagnostic(`${this.#written.size} records written, all read`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#writing
    await Promise.all(this.#processes.map((each) => each.kill()))
    await Promise.all(this.#members.map((member) => member.leave()))
    await this.kafka.close()
  }

  async #write(): Promise<void> {
    const producer = this.kafka.producer({ value: string, lingerMs: 0 })
    while (!this.#isOver) {
      const partition = this.#count % PARTITIONS
      const { offset } = await producer.send({ topic: this.topic, partition, value: `${this.#count++}` })
      this.#written.add(`${this.topic}/${partition}/${offset}`)
      await sleep(5)
    }
    await producer.close()
  }
}

function linesOf(process: StartedProcess): MemberLine[] {
  const lines = process.stdout().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as MemberLine)
}

type Play = (scene: Scene) => Promise<void>

/** A process is stopped for longer than its session: its partitions are others', and it neither reads nor commits until it has joined again. */
async function sessionTimeout(scene: Scene, bootstrapServers: string): Promise<void> {
  await scene.member()
  const stopped = scene.process()
  await scene.shared(3, 3)
  await until('it reads', () => linesOf(stopped).some(({ read }) => read !== undefined))
  const [group] = await scene.kafka.admin().describeGroups([scene.topic])
  const memberId = group?.members.find(({ clientId }) => clientId === 'process')?.memberId ?? ''
  assert.ok(memberId.startsWith('process-'))
  // It waits for records, then, and finds some when it wakes up.
  await scene.allRead()
  stopped.child.kill('SIGSTOP')
  const countWhenStopped = scene.count
  scene.writeOn()
  await scene.fire(
    'the process was stopped with SIGSTOP',
    () => undefined,
    () => scene.shared(6),
  )
  await assertRefused(bootstrapServers, scene.topic, memberId)
  await until('records have been written since', () => scene.count > countWhenStopped + 100)
  await scene.fire(
    'the process was resumed with SIGCONT',
    () => stopped.child.kill('SIGCONT'),
    () => scene.shared(3, 3),
  )
  const lines = linesOf(stopped)
  const lostAt = lines.findIndex(({ lost }) => lost !== undefined)
  assert.equal(lines[lostAt]?.lost?.length, 3, JSON.stringify(lines.filter(({ read }) => read === undefined)))
  assert.equal(lines[lostAt + 1]?.refused, 'UNKNOWN_MEMBER_ID')
  const late = lines.slice(0, lostAt).filter(({ read }) => read !== undefined && Number(read[1]) >= countWhenStopped)
  assert.deepEqual(late, [], 'records that an expelled member was handed')
}

/** Whoever speaks with the id of a member that is out is told so. */
async function assertRefused(bootstrapServers: string, groupId: string, memberId: string): Promise<void> {
  const [host = '', port = ''] = bootstrapServers.split(':')
  const connection = await Connection.open(host, Number(port), 'zombie')
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }]
  const message = { groupId, memberId, generationIdOrMemberEpoch: 1, topics: [{ name: groupId, partitions }] }
  const { topics } = await connection.request(offsetCommit, 9, message)
  assert.equal(topics[0]?.partitions[0]?.errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
  await connection.close()
}

const plays: Readonly<Record<string, Play>> = {
  'join and leave': async (scene) => {
    await scene.member()
    await scene.shared(6)
    const joining: PollingMember[] = []
    await scene.fire(
      'a member joined',
      async () => joining.push(await scene.member()),
      () => scene.shared(3, 3),
    )
    await scene.fire(
      'a member left',
      () => joining[0]?.leave(),
      () => scene.shared(6),
    )
  },
  'kill -9': async (scene) => {
    await scene.member()
    const doomed = scene.process()
    await scene.shared(3, 3)
    await until('it reads', () => linesOf(doomed).some(({ read }) => read !== undefined))
    await scene.fire(
      'a member was killed with SIGKILL',
      () => doomed.kill(),
      () => scene.shared(6),
    )
  },
  'poll interval exceeded': async (scene) => {
    await scene.member()
    const slow = await scene.member({ maxPollIntervalMs: 1500 })
    await scene.shared(3, 3)
    await slow.stall()
    await scene.fire(
      'a member did not poll for max.poll.interval.ms',
      () => undefined,
      () => scene.shared(6),
    )
    await assert.rejects(slow.consumer.commitSync([{ topic: scene.topic, partition: 0, offset: 1 }]), { code: 'UNKNOWN_MEMBER_ID' })
    assert.deepEqual(await slow.consumer.poll(0), [])
    assert.ok(scene.warnings.some((warning) => warning.includes('max.poll.interval.ms (1500 ms)')))
    await scene.fire(
      'it polled again',
      () => slow.resume(),
      () => scene.shared(3, 3),
    )
  },
  'partitions added': async (scene) => {
    await scene.member()
    await scene.member()
    await scene.shared(3, 3)
    await scene.fire(
      'two partitions were added',
      () => scene.kafka.admin().createPartitions([{ topic: scene.topic, count: 8 }]),
      () => scene.shared(4, 4),
    )
    await scene.write(scene.topic, 7)
  },
  'a topic matches a pattern': async (scene) => {
    const pattern = new RegExp(`^${scene.topic}`)
    await scene.member({}, pattern)
    await scene.member({}, pattern)
    await scene.shared(3, 3)
    const topic = `${scene.topic}-more`
    await scene.fire(
      'a topic of two partitions was created',
      () => scene.kafka.admin().createTopics([{ topic, partitions: 2 }]),
      () => scene.shared(4, 4),
    )
    await scene.write(topic, 1)
  },
  'subscription changed': async (scene) => {
    const topic = `other-than-${scene.topic}`
    await scene.kafka.admin().createTopics([{ topic, partitions: 2 }])
    await scene.member()
    const member = await scene.member()
    await scene.shared(3, 3)
    await scene.fire(
      'a member subscribed to another topic, too',
      () => member.subscribe([scene.topic, topic]),
      () => scene.shared(3, 5),
    )
    await scene.write(topic, 1)
    await scene.fire(
      'it subscribed to the other topic alone',
      () => member.subscribe([topic]),
      () => scene.shared(2, 6),
    )
  },
  'eight members, six partitions': async (scene) => {
    const members: PollingMember[] = []
    await scene.fire(
      'eight members joined',
      async () => {
        for (let index = 0; index < 8; index++) members.push(await scene.member())
      },
      () => scene.shared(0, 0, 1, 1, 1, 1, 1, 1),
    )
    const idle = members
      .filter(({ consumer }) => consumer.assignment().length === 0)
      .map(({ consumer }) => consumer.groupMetadata().memberId)
    assert.equal(idle.length, 2)
    await until('the idle ones say so', () =>
      idle.every((memberId) => scene.warnings.some((warning) => warning.includes(memberId) && warning.includes('it is idle'))),
    )
  },
}

const kafka = await startKafka({ configs: { 'auto.create.topics.enable': 'false', 'group.min.session.timeout.ms': '1000' } })
const brokerSettings = ['group.initial.rebalance.delay.ms=0', 'group.min.session.timeout.ms=1000']
const broker = await startBrokerProcess({ args: brokerSettings.flatMap((setting) => ['--set', setting]) })
after(async () => {
  await kafka.stop()
  await broker.stop()
})

for (const [where, { bootstrapServers }] of [
  ['our broker', broker],
  ['Apache Kafka', kafka],
] as const) {
  describe(`on ${where}`, () => {
    const all: Readonly<Record<string, Play>> = { ...plays, 'session timeout': (scene) => sessionTimeout(scene, bootstrapServers) }
    for (const [name, play] of Object.entries(all)) {
      test(name, { timeout: 90_000 }, async (t) => {
        await using scene = new Scene(bootstrapServers, t)
        await scene.begin()
        await play(scene)
        await scene.allRead()
      })
    }
  })
}
