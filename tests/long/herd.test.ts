// 200 members join one group at once, over 1,000 partitions: how long it takes until each has its part, and what it costs the broker, here and on Apache Kafka.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, Kafka, string } from '@odradek/client'
import { startBrokerProcess } from '../interop/harness/broker-process.ts'
import { startKafka } from '../interop/harness/kafka-server.ts'

const members = 200
const partitions = 1000
const delay = 'group.initial.rebalance.delay.ms'
/** Of our broker, by delay. */
const ourCpu = new Map<string, number>()

// Our broker's default, and Apache Kafka's.
for (const delayMs of ['0', '3000']) {
  test(`200 members settle on our broker, ${delay}=${delayMs}`, { timeout: 300_000 }, async () => {
    await using broker = await startBrokerProcess({ args: ['--set', `${delay}=${delayMs}`] })
    ourCpu.set(delayMs, await settle(`our broker, ${delay}=${delayMs}`, broker.bootstrapServers, broker.pid))
  })

  test(`200 members settle on Apache Kafka, ${delay}=${delayMs}`, { timeout: 300_000 }, async () => {
    await using kafka = await startKafka({ configs: { [delay]: delayMs }, jvmArgs: ['-Xmx1g'] })
    const theirs = await settle(`Apache Kafka, ${delay}=${delayMs}`, kafka.bootstrapServers, kafka.processes[0]?.pid ?? -1)
    const own = ourCpu.get(delayMs) ?? Number.POSITIVE_INFINITY
    assert.ok(own <= theirs, `${own} s of CPU, Apache Kafka's ${theirs} s`)
  })
}

/** The broker's CPU, in seconds. */
async function settle(where: string, bootstrapServers: string, pid: number): Promise<number> {
  const kafka = new Kafka({ bootstrapServers })
  await kafka.admin().createTopics([{ topic: 'wide', partitions, replicationFactor: 1 }])
  const newConsumer = (groupId: string): Consumer<string, string> => kafka.consumer({ groupId, key: string, value: string })
  // One by itself first: topics are there, and __consumer_offsets.
  const first = newConsumer('first')
  await first.subscribe(['wide'])
  while (first.assignment().length < partitions) await first.poll(200)
  await first.close()

  const cpuBefore = await cpuSeconds(pid)
  const started = performance.now()
  const consumers = Array.from({ length: members }, () => newConsumer('herd'))
  let isOver = false
  const polling = consumers.map(async (consumer) => {
    await consumer.subscribe(['wide'])
    while (!isOver) await consumer.poll(200)
  })
  while (!isOver) {
    await sleep(20)
    const parts = consumers.map((consumer) => consumer.assignment())
    const owned = new Set(parts.flat().map(({ partition }) => partition))
    isOver = owned.size === partitions && parts.flat().length === partitions && parts.every((part) => part.length > 0)
  }
  const seconds = (performance.now() - started) / 1000
  const cpu = (await cpuSeconds(pid)) - cpuBefore
  console.log(`${where}: ${members} members settled in ${seconds.toFixed(1)} s, for ${cpu.toFixed(2)} s of the broker's CPU`)
  await Promise.all(polling)
  await Promise.all(consumers.map((consumer) => consumer.close()))
  await kafka.close()
  assert.ok(seconds < 120, `${seconds} s`)
  return cpu
}

/** What a process has used, as Linux counts it: in hundredths of a second. */
async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
