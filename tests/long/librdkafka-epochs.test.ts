/**
 * What librdkafka's idempotent producer does, whoever the broker is: when it bumps its epoch because of one partition, it numbers anew what
 * another partition may have in its log already, and writes that twice. No broker can tell. So nodes-foreign.test.ts looks at each epoch.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from '@odradek/broker'
import { Kafka, string } from '@odradek/client'
import { startFaultProxy } from '../proving/proxy/fault-proxy.ts'
import { readWithKcat } from '../proving/workload/read-back.ts'
import { startKafka } from '../interop/harness/kafka-server.ts'
import { harnessDir } from '../interop/harness/paths.ts'
import { startPython } from '../interop/harness/python.ts'

const settings = ['enable.idempotence=true', 'linger.ms=0', 'message.timeout.ms=5000', 'retry.backoff.ms=50', 'reconnect.backoff.ms=50']

async function writtenBy(bootstrapServers: string): Promise<readonly string[]> {
  await using kafka = new Kafka({ bootstrapServers })
  await kafka.admin().createTopics([{ topic: 'bumped', assignments: [[1], [2]] }])
  // Producer ids are there from now on.
  const producer = kafka.producer({ value: string })
  for (const partition of [0, 1]) await producer.send({ topic: 'bumped', partition, value: 'first ' })
  await using proxy = await startFaultProxy({ bootstrapServers })
  const script = join(harnessDir, 'python', 'one_by_one.py')
  await using client = await startPython(script, [proxy.bootstrapServers, 'bumped', ...settings, 'reconnect.backoff.max.ms=100'])
  const send = (partition: number, value: string): void => void client.child.stdin?.write(`${partition} ${value}\n`)
  send(0, 'known-0')
  send(1, 'known-1')
  await Promise.all([client.waitForLine(/known-0 1/, 30_000), client.waitForLine(/known-1 1/, 30_000)])
  // Of this one nobody will know whether it is in the log: it runs out of time, and the epoch is bumped.
  proxy.node(1).halfOpen('response')
  send(0, 'doomed')
  await sleep(2500)
  // This one is in the log and not acknowledged when that happens.
  proxy.node(2).halfOpen('response')
  send(1, 'renumbered')
  await client.waitForLine(/doomed _MSG_TIMED_OUT/, 30_000)
  proxy.node(2).cut()
  proxy.calm()
  await client.waitForLine(/renumbered \d+/, 30_000)
  return (await readWithKcat(bootstrapServers, 'bumped', 2))[1]?.names ?? []
}

test('librdkafka writes a record twice when another partition makes it bump its epoch: on our broker', { timeout: 60_000 }, async () => {
  await using broker = await startBroker({ nodes: 2 })
  assert.deepEqual(await writtenBy(broker.bootstrapServers), ['first', 'known-1', 'renumbered', 'renumbered'])
})

test('librdkafka writes a record twice when another partition makes it bump its epoch: on Apache Kafka', { timeout: 90_000 }, async () => {
  await using kafka = await startKafka({ nodes: 2, jvmArgs: ['-Xms64m', '-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] })
  assert.deepEqual(await writtenBy(kafka.bootstrapServers), ['first', 'known-1', 'renumbered', 'renumbered'])
})
