/** An instance of a pipeline that is stopped in the middle of a transaction, for longer than the transaction may last, and then goes on. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, Kafka } from '@odradek/client'
import { type HistoryEvent, HistoryRecorder } from '@odradek/history'
import { temporaryDirectory } from '../../interop/harness/paths.ts'
import { assertClean } from '../workload/assert-clean.ts'
import { readerEvents } from '../workload/history-of.ts'
import { monotonicMs } from '../workload/journal.ts'
import { readWithOdradek } from '../workload/read-back.ts'
import { exitWhenFenced } from './copier-main.ts'
import { merged } from './history-files.ts'
import { OdradekInstance, type PipelineTask } from './instance.ts'
import { assertEachOnce, writeInput } from './records.ts'

/** Who ends the zombie's transaction. */
export type Ending = 'a successor with its transactional.id' | 'its timeout'

export const endings: readonly Ending[] = ['a successor with its transactional.id', 'its timeout']

/** What the broker has to allow. */
export const zombieConfigs: Readonly<Record<string, string>> = {
  'group.min.session.timeout.ms': '1000',
  'group.initial.rebalance.delay.ms': '0',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
}

const RECORDS = 100
const TIMEOUT_MS = 2000
/** Of one transaction. */
const POLLED = 25
const PATIENCE_MS = 60_000

/** Throws AssertionError unless the zombie is fenced and nothing of it is to be seen; prints how it was told. */
export async function assertZombieIsFenced(bootstrapServers: string, ending: Ending, print: (line: string) => void): Promise<void> {
  const isSucceeded = ending !== 'its timeout'
  const name = isSucceeded ? 'succeeded' : 'late'
  const pipeline = {
    group: `${name}-billing`,
    input: `${name}-orders`,
    inputPartitions: 1,
    output: `${name}-invoices`,
    outputPartitions: 1,
  }
  await using directory = await temporaryDirectory('zombie')
  await using kafka = new Kafka({ bootstrapServers })
  const admin = kafka.admin()
  const events: HistoryEvent[] = []
  const recorder = new HistoryRecorder({ now: monotonicMs, write: (event) => void events.push(event) })
  await writeInput(kafka, recorder, { ...pipeline, records: RECORDS })

  const task = { ...pipeline, ...common, bootstrapServers }
  // With a successor it has records yet to send when it goes on, otherwise the offsets are next.
  const lateRecords = { producer: { ...common.producer, batchSize: 1000, lingerMs: PATIENCE_MS }, unawaitedProbability: 1 }
  const zombieTask = { ...task, ...(isSucceeded ? lateRecords : {}), isZombie: true }
  await using zombie = new OdradekInstance(`${name}-zombie`, zombieTask, directory.path)
  await zombie.start()
  await zombie.process.waitForLine(/^open$/m, PATIENCE_MS)
  await until(async () => (await inLog(bootstrapServers, pipeline.output, zombie)) > 0)
  zombie.process.child.kill('SIGSTOP')
  recorder.faultOnce('zombie stopped')
  const nextId = isSucceeded ? zombie.transactionalId : `${name}-next`
  await using other = new OdradekInstance(nextId, task, directory.path, `${name}-next`)
  await other.start()
  await until(async () => (await admin.listGroupOffsets(pipeline.group))[0]?.offset === RECORDS)
  await until(async () => isSucceeded || (await stateOf(admin, zombie)) === 'CompleteAbort')

  const written = await inLog(bootstrapServers, pipeline.output, zombie)
  assert.ok(written > 0 && (!isSucceeded || written < POLLED), `the zombie has written ${written} records`)
  zombie.process.child.stdin?.write('go\n')
  zombie.process.child.kill('SIGCONT')
  assert.equal(await zombie.process.exited, exitWhenFenced, zombie.process.stdout() + zombie.process.stderr())
  recorder.crash(zombie.life)
  const told = /^lost (.*)$/m.exec(zombie.process.stdout())?.[1] ?? ''
  assert.match(told, /^(PRODUCER_FENCED|INVALID_PRODUCER_EPOCH): /)
  assert.match(told, /another producer has taken over transactional\.id|transaction\.timeout\.ms/)
  await other.finish()
  assert.deepEqual(other.lost, [])

  assert.equal(await inLog(bootstrapServers, pipeline.output, zombie), written, 'nothing more of it is in the log')
  const found = await readWithOdradek(bootstrapServers, pipeline.output, 1, 'read_committed')
  assertEachOnce('our consumer', found, RECORDS)
  let lastId = RECORDS
  const read = { topic: pipeline.output, found, client: 'reader', isolation: 'read_committed' } as const
  events.push(...readerEvents(read, monotonicMs(), () => ++lastId))
  const histories = [...(await zombie.histories()), ...(await other.histories())]
  assertClean(`zombie ended by ${ending}`, merged(name, [events, ...histories]))
  print(`ended by ${ending}, with ${written} records in the log: ${told}`)
}

const common: Omit<PipelineTask, 'bootstrapServers' | 'group' | 'input' | 'output' | 'outputPartitions'> = {
  seed: 1,
  workMs: { min: 0, max: 0 },
  abortProbability: 0,
  unawaitedProbability: 0,
  consumer: { sessionTimeoutMs: TIMEOUT_MS, heartbeatIntervalMs: 300, maxPollRecords: POLLED },
  producer: { transactionTimeoutMs: TIMEOUT_MS, lingerMs: 0 },
}

/** How many records of the instance there are, committed or not. */
async function inLog(bootstrapServers: string, topic: string, { life }: OdradekInstance): Promise<number> {
  const [found] = await readWithOdradek(bootstrapServers, topic, 1, 'read_uncommitted')
  return (found?.names ?? []).filter((record) => record.startsWith(`${life}.`)).length
}

async function stateOf(admin: Admin, { transactionalId }: OdradekInstance): Promise<string | undefined> {
  return (await admin.describeTransactions([transactionalId]))[0]?.state
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const untilMs = performance.now() + PATIENCE_MS; !(await isSo()); await sleep(20))
    assert.ok(performance.now() < untilMs, `not within ${PATIENCE_MS / 1000} s: ${isSo.toString()}`)
}
