/**
 * Why is my member thrown out although it works? Because work that never awaits holds the event loop, and heartbeats with it: after session.timeout.ms
 * the broker takes the member for dead. Done in slices, with a turn for everything else between them, the same work keeps it alive.
 * npm run example -- blocked-loop
 */

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Kafka } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'
import { textSerdes } from '../lib/member.ts'

interface Task {
  readonly bootstrapServers: string
  readonly groupId: string
  readonly topic: string
  readonly sessionTimeoutMs: number
  readonly isSliced: boolean
}

function hold(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

/** Twice as long as a session may be silent. */
async function work({ isSliced, sessionTimeoutMs }: Task): Promise<void> {
  if (!isSliced) return hold(2 * sessionTimeoutMs)
  for (let slice = 0; slice < 40; slice += 1) {
    hold(sessionTimeoutMs / 20)
    await new Promise(setImmediate)
  }
}

/** The consumer has a thread of its own here, as it would have a process, so that it blocks nobody but itself. */
async function consume(task: Task): Promise<string> {
  const { bootstrapServers, groupId, topic, sessionTimeoutMs } = task
  await using kafka = new Kafka({ bootstrapServers })
  const timeouts = { sessionTimeoutMs, heartbeatIntervalMs: sessionTimeoutMs / 10 }
  const consumer = kafka.consumer({ ...textSerdes, groupId, enableAutoCommit: false, autoOffsetReset: 'earliest', ...timeouts })
  await consumer.subscribe([topic])
  while ((await consumer.poll()).length === 0);
  await work(task)
  return await consumer.commitSync().then(
    () => 'still a member, the commit is taken',
    (error: unknown) => `thrown out, the commit is refused: ${String(error)}`,
  )
}

if (isMainThread) {
  await using cluster = await openCluster()
  const topic = await cluster.createTopic('orders', 1)
  await cluster.kafka.producer(textSerdes).send({ topic, value: 'a slow one' })
  for (const isSliced of [false, true]) {
    const { bootstrapServers, minSessionTimeoutMs: sessionTimeoutMs } = cluster
    const task: Task = { bootstrapServers, groupId: cluster.named(`billing-${isSliced}`), topic, sessionTimeoutMs, isSliced }
    const [outcome] = await once(new Worker(new URL(import.meta.url), { workerData: task }), 'message')
    console.log(
      `${2 * sessionTimeoutMs} ms of work ${isSliced ? 'in slices' : 'in one piece'}, session.timeout.ms=${sessionTimeoutMs}: ${outcome}`,
    )
  }
} else parentPort?.postMessage(await consume(workerData as Task))
