// One group of Java's, librdkafka's and our consumers, on our broker and on Apache Kafka, under each assignor that they have in common.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AssignorName } from '@odradek/client'
import { BrokerError, Kafka, string } from '@odradek/client'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startJava } from './harness/java-program.ts'
import { startKafka } from './harness/kafka-server.ts'
import { harnessDir } from './harness/paths.ts'
import type { StartedProcess } from './harness/process.ts'
import { startPython } from './harness/python.ts'

const PARTITIONS = 6
const PATIENCE_MS = 60_000

interface Line {
  readonly assigned?: readonly number[]
  readonly revoked?: readonly number[]
  readonly timeMs?: number
  readonly read?: readonly [partition: number, offset: number]
  /** Why a commit was not taken. */
  readonly refused?: string
}

interface Member {
  readonly name: string
  readonly lines: () => readonly Line[]
  readonly leave: () => Promise<void>
}

interface Strategy {
  readonly name: AssignorName
  readonly java: string
  /** Undefined where librdkafka has none. */
  readonly librdkafka: string | undefined
  readonly protocolName: string
}

const strategies: readonly Strategy[] = [
  { name: 'range', java: 'RangeAssignor', librdkafka: 'range', protocolName: 'range' },
  { name: 'round-robin', java: 'RoundRobinAssignor', librdkafka: 'roundrobin', protocolName: 'roundrobin' },
  { name: 'sticky', java: 'StickyAssignor', librdkafka: undefined, protocolName: 'sticky' },
  { name: 'cooperative-sticky', java: 'CooperativeStickyAssignor', librdkafka: 'cooperative-sticky', protocolName: 'cooperative-sticky' },
]

function foreign(name: string, process: StartedProcess): Member {
  return {
    name,
    lines: () =>
      process
        .stdout()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line),
    leave: async () => {
      process.child.stdin?.end()
      assert.equal(await process.exited, 0, process.stderr())
    },
  }
}

async function ours(kafka: Kafka, topic: string, groupId: string, ...strategy: AssignorName[]): Promise<Member> {
  const consumer = kafka.consumer({
    groupId,
    clientId: 'ours',
    partitionAssignmentStrategy: strategy,
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    heartbeatIntervalMs: 300,
    sessionTimeoutMs: 10_000,
  })
  const lines: Line[] = []
  const numbers = (partitions: readonly { partition: number }[]): number[] => partitions.map(({ partition }) => partition)
  await consumer.subscribe([topic], {
    onAssigned: (partitions) => void lines.push({ assigned: numbers(partitions), timeMs: Date.now() }),
    onRevoked: (partitions) => void lines.push({ revoked: numbers(partitions), timeMs: Date.now() }),
  })
  let isOver = false
  const running = (async () => {
    while (!isOver) {
      const records = await consumer.poll(100)
      for (const { partition, offset } of records) lines.push({ read: [partition, offset] })
      // Read again by the next owner.
      if (records.length > 0) await consumer.commitSync().catch((error: unknown) => assert.ok(error instanceof BrokerError))
    }
  })()
  return {
    name: 'ours',
    lines: () => lines,
    leave: async () => {
      isOver = true
      await running
      await consumer.close()
    },
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + PATIENCE_MS; Date.now() < endMs; await sleep(50)) if (await condition()) return
  assert.fail(`not within ${PATIENCE_MS / 1000} s: ${what}`)
}

/** The group as its coordinator sees it: stable, with all partitions shared out among that many members, and as evenly as can be. */
async function isShared(kafka: Kafka, groupId: string, protocolName: string, members: number): Promise<boolean> {
  const [group] = await kafka.admin().describeGroups([groupId])
  if (group?.state !== 'Stable' || group.members.length !== members) return false
  const owned = group.members.flatMap(({ assignment }) => assignment.map(({ partition }) => partition))
  assert.equal(new Set(owned).size, owned.length, 'two owners in one generation')
  assert.equal(group.protocol, protocolName)
  return owned.length === PARTITIONS && group.members.every(({ assignment }) => assignment.length === PARTITIONS / members)
}

/** From when a member was told that it has a partition until it was told that it goes: no two members at a time. */
function assertOneOwner(members: readonly Member[]): void {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const spans = members.flatMap(({ name, lines }) => {
      const found: { name: string; fromMs: number; toMs: number }[] = []
      for (const { assigned, revoked, timeMs = 0 } of lines()) {
        if (assigned?.includes(partition) === true) found.push({ name, fromMs: timeMs, toMs: Number.POSITIVE_INFINITY })
        const last = found.at(-1)
        if (revoked?.includes(partition) === true && last !== undefined) last.toMs = timeMs
      }
      return found
    })
    spans.sort((left, right) => left.fromMs - right.fromMs)
    for (const [index, span] of spans.entries()) {
      const next = spans[index + 1]
      assert.ok(next === undefined || span.toMs <= next.fromMs + 1, `partition ${partition}: ${JSON.stringify([span, next])}`)
    }
  }
}

function readBy(members: readonly Member[]): Set<string> {
  return new Set(members.flatMap(({ lines }) => lines().flatMap(({ read }) => (read === undefined ? [] : read.join('/')))))
}

async function play(bootstrapServers: string, { name, java, librdkafka, protocolName }: Strategy): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers })
  const [topic, group] = [`mixed-${name}`, `mixed-${name}`]
  await kafka.admin().createTopics([{ topic, partitions: PARTITIONS }])
  const producer = kafka.producer({ key: string, value: string, lingerMs: 0 })
  const written = new Set<string>()
  let isOver = false
  const writing = (async () => {
    for (let count = 0; !isOver; count++) {
      const { partition, offset } = await producer.send({ topic, partition: count % PARTITIONS, value: `v${count}` })
      written.add(`${partition}/${offset}`)
      await sleep(5)
    }
  })()
  const javaClass = `org.apache.kafka.clients.consumer.${java}`
  const first = await ours(kafka, topic, group, name)
  await until('one member has all', () => isShared(kafka, group, protocolName, 1))
  const second = foreign(
    'java',
    await startJava(join(harnessDir, 'java', 'GroupConsumer.java'), [bootstrapServers, topic, group, javaClass]),
  )
  await until('Java has its share', () => isShared(kafka, group, protocolName, 2))
  const third =
    librdkafka === undefined
      ? await ours(kafka, topic, group, name)
      : foreign(
          'librdkafka',
          await startPython(join(harnessDir, 'python', 'group_consumer.py'), [bootstrapServers, topic, group, librdkafka]),
        )
  const members = [first, second, third]
  await until('all three have their share', () => isShared(kafka, group, protocolName, 3))
  const before = readBy(members).size
  await until('records are read', () => readBy(members).size > before + 100)
  // The leader goes, and somebody else's assignor takes over.
  await first.leave()
  await until('the other two share', () => isShared(kafka, group, protocolName, 2))
  isOver = true
  await writing
  await until('every record is read', () => {
    const read = readBy(members)
    return [...written].every((place) => read.has(place))
  })
  await second.leave()
  await third.leave()
  assertOneOwner(members)
}

/**
 * Java's and librdkafka's members are stopped between what they have read and its commit, until the group has gone on without them: the commits
 * with which they wake up are refused, nothing that was committed since is undone, and they come back.
 */
async function expel(bootstrapServers: string, t: TestContext): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers })
  const name = 'expelled'
  await kafka.admin().createTopics([{ topic: name, partitions: PARTITIONS }])
  const producer = kafka.producer({ value: string })
  const written = new Set<string>()
  const write = async (): Promise<void> => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { offset } = await producer.send({ topic: name, partition, value: 'v' })
      written.add(`${partition}/${offset}`)
    }
  }
  const args = [bootstrapServers, name, name]
  const workMs = '1500'
  const first = await ours(kafka, name, name, 'range')
  const processes = [
    await startJava(join(harnessDir, 'java', 'GroupConsumer.java'), [...args, 'org.apache.kafka.clients.consumer.RangeAssignor', workMs]),
    await startPython(join(harnessDir, 'python', 'group_consumer.py'), [...args, 'range', workMs]),
  ]
  const others = processes.map((process, index) => foreign(index === 0 ? 'java' : 'librdkafka', process))
  const members = [first, ...others]
  await until('all three have their share', () => isShared(kafka, name, 'range', 3))
  await write()
  await until('both have read', () => others.every((member) => readBy([member]).size > 0))
  for (const { child } of processes) child.kill('SIGSTOP')
  await until('both are expelled', () => isShared(kafka, name, 'range', 1))
  await write()
  const committed = async (): Promise<number> => {
    return (await kafka.admin().listGroupOffsets(name)).reduce((sum, { offset }) => sum + offset, 0)
  }
  await until('all is committed', async () => (await committed()) === written.size)
  for (const { child } of processes) child.kill('SIGCONT')
  await until('their commits are refused', () => others.every(({ lines }) => lines().some(({ refused }) => refused !== undefined)))
  assert.equal(await committed(), written.size)
  await until('all three have their share again', () => isShared(kafka, name, 'range', 3))
  await write()
  await until('all is committed again', async () => (await committed()) === written.size)
  for (const { name: who, lines } of others) {
    const refused = lines().flatMap(({ refused: why }) => why ?? [])
    t.diagnostic(`${who}: stopped once, ${refused.length} commits refused: ${refused.join(', ')}`)
  }
  for (const member of members) await member.leave()
}

/** From range to cooperative-sticky in two rolling restarts, without a record that nobody reads. */
async function changeOver(bootstrapServers: string): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers })
  const name = 'change-over'
  await kafka.admin().createTopics([{ topic: name, partitions: PARTITIONS }])
  const producer = kafka.producer({ value: string })
  const written = new Set<string>()
  const write = async (): Promise<void> => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { offset } = await producer.send({ topic: name, partition, value: 'v' })
      written.add(`${partition}/${offset}`)
    }
  }
  const everybody: Member[] = []
  const join = async (...strategy: AssignorName[]): Promise<Member> => {
    const member = await ours(kafka, name, name, ...strategy)
    everybody.push(member)
    return member
  }
  let members = [await join('range'), await join('range'), await join('range')]
  await until('the group is there', () => isShared(kafka, name, 'range', 3))
  for (const strategy of [['cooperative-sticky', 'range'], ['cooperative-sticky']] as const) {
    for (const member of members) {
      await write()
      await member.leave()
      members = [...members.filter((other) => other !== member), await join(...strategy)]
      const isOver = members.every((each) => everybody.indexOf(each) >= 3)
      await until('the group is there again', () => isShared(kafka, name, isOver ? 'cooperative-sticky' : 'range', 3))
    }
  }
  await write()
  await until('every record is read', () => {
    const read = readBy(everybody)
    return [...written].every((place) => read.has(place))
  })
  for (const member of members) await member.leave()
  assertOneOwner(everybody)
}

const kafka = await startKafka({ configs: { 'auto.create.topics.enable': 'false' } })
const broker = await startBrokerProcess({ args: ['--set', 'group.initial.rebalance.delay.ms=0'] })
after(async () => {
  await kafka.stop()
  await broker.stop()
})

for (const [where, { bootstrapServers }] of [
  ['our broker', broker],
  ['Apache Kafka', kafka],
] as const) {
  describe(`on ${where}`, () => {
    for (const strategy of strategies) {
      const who = strategy.librdkafka === undefined ? 'Java and ours' : 'Java, librdkafka and ours'
      test(`${strategy.name}: ${who} in one group`, { timeout: 180_000 }, () => play(bootstrapServers, strategy))
    }

    test('expelled members of Java’s and librdkafka’s can commit nothing, and come back', { timeout: 120_000 }, (t) =>
      expel(bootstrapServers, t),
    )

    test('a live group moves from range to cooperative-sticky', { timeout: 120_000 }, () => changeOver(bootstrapServers))
  })
}
