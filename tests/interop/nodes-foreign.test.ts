/**
 * Clients on a cluster of three whose leaders and coordinators move and whose nodes stop: Java's and librdkafka's on our virtual nodes, and
 * all three, ours too, on three nodes of Apache Kafka.
 */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker } from '@odradek/broker'
import { startBroker } from '@odradek/broker'
import type { Consumer } from '@odradek/client'
import { Kafka, string } from '@odradek/client'
import { Unrest } from '../e2e/support/unrest.ts'
import { type ClientKind, readTotals, resilientConfig, startSequenced } from '../proving/crash/client-kind.ts'
import { assertExactlyOnce } from '../proving/workload/exactly-once.ts'
import { nameOf } from '../recorded/record-name.ts'
import { readEpochs, withoutRenumbered } from '../proving/workload/producer-epochs.ts'
import { type FoundPartition, readWithKcat } from '../proving/workload/read-back.ts'
import { type KafkaServer, startKafka } from './harness/kafka-server.ts'
import { KafkaToolRunner, startKafkaTool } from './harness/kafka-tools.ts'
import { startKcat } from './harness/kcat.ts'
import { temporaryDirectory } from './harness/paths.ts'
import type { StartedProcess } from './harness/process.ts'

const PARTITIONS = 6
const patienceMs = 60_000

interface Production {
  readonly acknowledged: () => number
  /** Sends no more; resolves to the journal, and how many records it has, when every one is settled. */
  readonly finish: () => Promise<{ journal: string; count: number }>
}

/** Produces until it is told to finish. */
async function produce(kind: ClientKind, bootstrap: string, topic: string, perSecond: number, directory: string): Promise<Production> {
  const path = join(directory, `${kind}-${topic}.journal`)
  const options = { bootstrap, topic, client: kind, partitions: PARTITIONS, count: 0, window: 2000, perSecond }
  const client = await startSequenced(kind, { ...options, config: resilientConfig[kind] }, path)
  const finish = async (): Promise<{ journal: string; count: number }> => {
    client.child.stdin?.end()
    assert.equal(await client.exited, 0, client.stderr().slice(-2000))
    return { journal: await readFile(path, 'utf8'), count: readTotals(client).sent }
  }
  await until(
    () => readTotals(client).acknowledged > 0,
    () => `nothing of ${kind} was acknowledged: ${client.stderr().slice(-2000)}`,
  )
  return { acknowledged: () => readTotals(client).acknowledged, finish }
}

async function until(isDone: () => boolean, what: () => string): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  while (!isDone()) {
    assert.ok(performance.now() < deadlineMs, what())
    await sleep(50)
  }
}

interface ForeignConsumer {
  readonly name: string
  readonly group: string
  readonly start: (bootstrapServers: string, topic: string) => Promise<StartedProcess>
}

/** Each writes a line `PARTITION OFFSET VALUE` a record. */
const consumers: readonly ForeignConsumer[] = [
  {
    name: 'java',
    group: 'console',
    start: (bootstrapServers, topic) => {
      const source = ['--bootstrap-server', bootstrapServers, '--topic', topic, '--group', 'console', '--from-beginning']
      const fields = ['print.partition=true', 'print.offset=true', 'key.separator= ', 'print.value=true']
      const format = fields.flatMap((field) => ['--formatter-property', field])
      const impatient = ['reconnect.backoff.ms=20', 'reconnect.backoff.max.ms=100', 'heartbeat.interval.ms=200', 'request.timeout.ms=2000']
      const settings = impatient.flatMap((setting) => ['--command-property', setting])
      return startKafkaTool('kafka-console-consumer', [...source, ...format, ...settings])
    },
  },
  {
    name: 'librdkafka',
    group: 'kcat',
    start: (bootstrapServers, topic) => {
      const settings = [
        'auto.offset.reset=earliest',
        'reconnect.backoff.ms=20',
        'reconnect.backoff.max.ms=100',
        'heartbeat.interval.ms=200',
      ]
      const flags = settings.flatMap((setting) => ['-X', setting])
      return Promise.resolve(startKcat(['-b', bootstrapServers, ...flags, '-q', '-u', '-f', '%p %o %s\n', '-G', 'kcat', topic]))
    },
  },
]

/** Names by `partition/offset`: what was delivered twice after a move counts once. */
function delivered(consumer: StartedProcess): Map<string, string> {
  const lines = consumer.stdout().matchAll(/^(?:Partition:)?(\d+) (?:Offset:)?(\d+) (\S+) .*$/gm)
  return new Map([...lines].map(([, partition, offset, name = '']) => [`${partition}/${offset}`, name]))
}

function assertDelivered(consumer: StartedProcess, journal: string, count: number): void {
  const found = delivered(consumer)
  assert.equal(new Set(found.values()).size, count)
  for (const line of journal.matchAll(/^\S+ ok (\S+) (\d+) (\d+)$/gm)) {
    const [, name, partition, offset] = line
    if (offset !== '-1') assert.equal(found.get(`${partition}/${offset}`), name)
  }
}

for (const kind of ['java', 'librdkafka'] as const) {
  test(`${kind} produces to three virtual nodes while leaders move and nodes stop: each record once and in order`, async (t) => {
    await using directory = await temporaryDirectory('nodes')
    await using broker = await startBroker({ nodes: 3, topics: { restless: { partitions: PARTITIONS } } })
    await using unrest = new Unrest(broker, { topic: 'restless', partitions: PARTITIONS, moveEveryMs: 50, stopEveryMs: 700 })
    const production = await produce(kind, broker.bootstrapServers, 'restless', 2500, directory.path)
    unrest.begin()
    await until(
      () => unrest.figures.moves >= 80 && unrest.figures.stops >= 4,
      () => JSON.stringify(unrest.figures),
    )
    const acknowledged = production.acknowledged()
    const { journal, count } = await production.finish()
    const { moves, stops } = await unrest.end()
    t.diagnostic(`${moves} moves, ${stops} stops, ${count} records`)
    assert.ok(acknowledged > 5000, `${acknowledged} records were acknowledged meanwhile`)
    const found = await readWithKcat(broker.bootstrapServers, 'restless', PARTITIONS)
    const [once, renumbered] = await onceAnEpoch(broker, found)
    t.diagnostic(`${renumbered} records there again under a later epoch`)
    assertExactlyOnce(journal, kind === 'librdkafka' ? once : found, count)
  })
}

/** Each producer epoch by itself is right. What librdkafka wrote under two of them: see `withoutRenumbered`. */
async function onceAnEpoch(broker: Broker, found: readonly FoundPartition[]): Promise<[FoundPartition[], number]> {
  const once: FoundPartition[] = []
  let renumbered = 0
  for (const each of found) {
    const leader = broker.nodes.find(({ nodeId }) => nodeId === broker.leaderOf('restless', each.partition))
    assert.ok(leader !== undefined)
    const [kept, count] = withoutRenumbered(each, await readEpochs(leader, 'restless', each.partition))
    once.push(kept)
    renumbered += count
  }
  return [once, renumbered]
}

for (const { name, group, start } of consumers) {
  test(`a group of ${name} on three virtual nodes gets every record while leaders and its coordinator move`, async (t) => {
    await using directory = await temporaryDirectory('nodes')
    await using broker = await startBroker({ nodes: 3, topics: { restless: { partitions: PARTITIONS } } })
    await using consumer = await start(broker.bootstrapServers, 'restless')
    const production = await produce('odradek', broker.bootstrapServers, 'restless', 1000, directory.path)
    await until(
      () => delivered(consumer).size > 0,
      () => `${name} got nothing: ${consumer.stderr()}`,
    )
    await using unrest = new Unrest(broker, { topic: 'restless', partitions: PARTITIONS, moveEveryMs: 100, stopEveryMs: 1500 })
    unrest.begin()
    const coordinatorMoves = await moveCoordinator(broker, group, 8)
    const { journal, count } = await production.finish()
    const { moves, stops } = await unrest.end()
    t.diagnostic(`${moves} moves of leaders, ${coordinatorMoves} of the coordinator, ${stops} stops, ${count} records`)
    assert.ok(moves >= 10, `${moves} moves`)
    await until(
      () => delivered(consumer).size >= count,
      () => `${name} has ${delivered(consumer).size} of ${count} records: ${consumer.stderr().slice(-2000)}`,
    )
    assertDelivered(consumer, journal, count)
  })
}

/** From one running node to the next, half a second each. */
async function moveCoordinator(broker: Broker, group: string, times: number): Promise<number> {
  let moves = 0
  while (moves < times) {
    const current = await broker.coordinatorOf(group)
    const next = broker.nodes.find(({ nodeId, isRunning }) => isRunning && nodeId !== current)
    // It may stop in the very moment.
    const hasMoved = next !== undefined && (await succeeds(broker.moveCoordinator(group, next.nodeId)))
    if (hasMoved) moves++
    await sleep(500)
  }
  return moves
}

function succeeds(attempt: Promise<void>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  )
}

test("Kafka's own tools see a cluster of three, with a node down and with leaders given back", async () => {
  await using tools = new KafkaToolRunner()
  await using broker = await startBroker({ nodes: 3 })
  const at = ['--bootstrap-server', broker.bootstrapServers]
  const topics = async (...args: string[]): Promise<string> => (await tools.mustRun('kafka-topics', [...at, ...args])).stdout
  await topics('--create', '--topic', 'thrice', '--partitions', '3', '--replication-factor', '3')
  await topics('--create', '--topic', 'once', '--partitions', '3', '--replication-factor', '1')
  await topics('--create', '--topic', 'placed', '--replica-assignment', '3:1,2:3')
  const described = await topics('--describe', '--topic', 'thrice|placed')
  assert.match(described, /Topic: thrice\tPartition: 1\tLeader: 2\tReplicas: 2,3,1\tIsr: 2,3,1/)
  assert.match(described, /Topic: placed\tPartition: 0\tLeader: 3\tReplicas: 3,1\tIsr: 3,1/)
  const tooMany = await tools.run('kafka-topics', [...at, '--create', '--topic', 'more', '--replication-factor', '4'])
  assert.match(tooMany.stdout + tooMany.stderr, /only 3 broker\(s\) are registered/)

  await broker.nodes[1]?.stop()
  assert.match(await topics('--describe', '--topic', 'thrice'), /Partition: 1\tLeader: 3\tReplicas: 2,3,1\tIsr: 3,1/)
  assert.match(await topics('--describe', '--topic', 'once', '--unavailable-partitions'), /Partition: 1\tLeader: none\tReplicas: 2\t/)
  assert.equal((await topics('--describe', '--topic', 'thrice', '--under-replicated-partitions')).trim().split('\n').length, 3)
  await broker.nodes[1]?.start()
  assert.equal((await topics('--describe', '--under-replicated-partitions')).trim(), '')
  assert.equal(broker.leaderOf('thrice', 1), 3)
  await tools.mustRun('kafka-leader-election', [...at, '--election-type', 'preferred', '--all-topic-partitions'])
  assert.equal(broker.leaderOf('thrice', 1), 2)
  const versions = await tools.mustRun('kafka-broker-api-versions', at)
  assert.equal([...versions.stdout.matchAll(/^127\.0\.0\.1:\d+ \(id: \d rack: null isFenced: false\)/gm)].length, 3)
})

/** Stops one node politely and another one not, and gives leadership back in between. */
async function disturb(server: KafkaServer, tools: KafkaToolRunner): Promise<void> {
  for (const [node, signal] of (['SIGTERM', 'SIGKILL'] as const).entries()) {
    await server.stopNode(node, signal)
    await sleep(500)
    await server.startNode(node)
    await sleep(500)
    const elect = ['--bootstrap-server', server.bootstrapServers, '--election-type', 'preferred', '--all-topic-partitions']
    await tools.run('kafka-leader-election', elect)
  }
}

/** Reads and commits until `isDone` says so of the names that have come. */
async function readNames(
  consumer: Consumer<string, string>,
  isDone: (names: ReadonlySet<string>) => boolean,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  while (!isDone(names)) {
    const records = await consumer.poll(500)
    for (const { value } of records) names.add(nameOf(value ?? ''))
    if (records.length > 0) await consumer.commitSync()
  }
  return names
}

test('on three nodes of Apache Kafka of which two stop in turn, our producer and our group do as well as Java and librdkafka', async (t) => {
  await using directory = await temporaryDirectory('nodes')
  await using tools = new KafkaToolRunner()
  const jvmArgs = ['-Xms64m', '-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const configs = { 'min.insync.replicas': '2', 'default.replication.factor': '3', 'broker.session.timeout.ms': '3000' }
  await using server = await startKafka({ nodes: 3, jvmArgs, configs })
  await using kafka = new Kafka({ bootstrapServers: server.bootstrapServers })
  const kinds: readonly ClientKind[] = ['odradek', 'java', 'librdkafka']
  await kafka.admin().createTopics(kinds.map((topic) => ({ topic, partitions: PARTITIONS, replicationFactor: 3 })))
  const consumer = kafka.consumer({ key: string, value: string, groupId: 'readers', autoOffsetReset: 'earliest', enableAutoCommit: false })
  await consumer.subscribe(['odradek'])
  const productions = await Promise.all(kinds.map((kind) => produce(kind, server.bootstrapServers, kind, 700, directory.path)))
  let total = Number.POSITIVE_INFINITY
  let deadlineMs = Number.POSITIVE_INFINITY
  const read = readNames(consumer, ({ size }) => size >= total || performance.now() > deadlineMs)
  await disturb(server, tools)
  const finished = await Promise.all(productions.map(({ finish }) => finish()))
  total = finished[0]?.count ?? 0
  deadlineMs = performance.now() + patienceMs
  assert.equal((await read).size, total)
  for (const [index, kind] of kinds.entries()) {
    const { journal, count } = finished[index] ?? { journal: '', count: -1 }
    t.diagnostic(`${kind}: ${count} records`)
    assertExactlyOnce(journal, await readWithKcat(server.bootstrapServers, kind, PARTITIONS), count)
  }
})
