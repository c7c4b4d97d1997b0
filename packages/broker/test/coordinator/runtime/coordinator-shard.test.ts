import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, readBatchHeader } from '@odradek/protocol'
import { createNodeCodecs } from '@odradek/runtime'
import { CoordinatorError } from '../../../src/coordinator/runtime/coordinator-error.ts'
import { CoordinatorShard } from '../../../src/coordinator/runtime/coordinator-shard.ts'
import { parkedResponsesMax } from '../../../src/coordinator/runtime/loaded-state.ts'
import type { CoordinatorRecord, Outcome, StateMachine } from '../../../src/coordinator/runtime/outcome.ts'
import { silentLogger } from '../../../src/logger.ts'
import { hasSettled } from '../support/group-bench.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { MemoryLog } from '../support/memory-log.ts'

/** Counts by name; a record says what the count becomes. */
class Counters implements StateMachine {
  readonly counts = new Map<string, string>()
  unloadedWith: number | undefined
  isLoaded = false

  replay({ key, value }: CoordinatorRecord): void {
    if (value === null) this.counts.delete(key.toString())
    else this.counts.set(key.toString(), value.toString())
  }

  onLoaded(): void {
    this.isLoaded = true
  }

  onUnloaded(errorCode: number): void {
    this.unloadedWith = errorCode
  }

  set(name: string, ...values: string[]): Outcome<string | undefined> {
    const records = values.map((value) => ({ key: Buffer.from(name), value: Buffer.from(value) }))
    return { records, response: this.counts.get(name) }
  }
}

function bench() {
  const clock = new ManualClock()
  const log = new MemoryLog()
  const machines: Counters[] = []
  const shard = new CoordinatorShard<Counters>({
    topic: 'counters',
    partition: 0,
    clock,
    codecs: createNodeCodecs(),
    logger: silentLogger,
    baseSequence: 0,
    writeTimeoutMs: 5000,
    openLog: () => Promise.resolve(log),
    createMachine: () => {
      const machine = new Counters()
      machines.push(machine)
      return machine
    },
  })
  return { clock, log, shard, machines, get: (name: string) => shard.read((machine) => machine.counts.get(name)) }
}

const rejectsWith = (code: number) => (error: unknown) => error instanceof CoordinatorError && error.code === code

test('before it is loaded a shard says so', async () => {
  const { shard } = bench()
  await assert.rejects(
    shard.write((machine) => machine.set('a', '1')),
    rejectsWith(ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS),
  )
})

test('the records of one command are one batch, and a load replays them in order', async () => {
  const { log, shard, machines, get } = bench()
  await shard.load()
  await shard.write((machine) => machine.set('a', '1', '2', '3'))
  assert.equal(log.batches.length, 1)
  assert.equal(readBatchHeader(log.batches[0] ?? Buffer.alloc(0), 0).recordCount, 3)
  assert.equal(await get('a'), '3')
  shard.close()
  assert.equal(machines[0]?.unloadedWith, ErrorCodes.NOT_COORDINATOR)
  await assert.rejects(get('a'), rejectsWith(ErrorCodes.NOT_COORDINATOR))
})

test('a response is parked until its records are durable; later commands see them at once', async () => {
  const { log, shard } = bench()
  await shard.load()
  log.autoFlush = false
  const first = shard.write((machine) => machine.set('a', '1'))
  const second = shard.write((machine) => machine.set('a', '2'))
  assert.equal(await hasSettled(first), false)
  assert.equal(await hasSettled(second), false)
  log.flush()
  assert.equal(await first, undefined)
  assert.equal(await second, '1')
})

test('what is durable is answered, what comes after it still waits', async () => {
  const { log, shard } = bench()
  await shard.load()
  log.autoFlush = false
  const first = shard.write((machine) => machine.set('a', '1'))
  const second = shard.write((machine) => machine.set('a', '2'))
  log.flushOne()
  assert.equal(await first, undefined)
  assert.equal(await hasSettled(second), false)
  log.flush()
  assert.equal(await second, '1')
})

test('a read answers only from what is durable', async () => {
  const { log, shard, get } = bench()
  await shard.load()
  log.autoFlush = false
  const write = shard.write((machine) => machine.set('a', '1'))
  const read = get('a')
  assert.equal(await hasSettled(read), false)
  log.flush()
  assert.equal(await read, '1')
  await write
})

test('soft state is installed when the append has been taken, and not when it was refused', async () => {
  const { log, shard } = bench()
  await shard.load()
  const applied: string[] = []
  await shard.write((machine) => ({ ...machine.set('a', '1'), applied: () => applied.push('first') }))
  log.appendError = ErrorCodes.MESSAGE_TOO_LARGE
  const refused = shard.write((machine) => ({ ...machine.set('a', '2'), applied: () => applied.push('second') }))
  await assert.rejects(refused, rejectsWith(ErrorCodes.UNKNOWN_SERVER_ERROR))
  assert.deepEqual(applied, ['first'])
})

test('a refused record harms nobody: the shard goes on as it was', async () => {
  const { log, shard, machines, get } = bench()
  await shard.load()
  await shard.write((machine) => machine.set('a', '1'))
  log.appendError = ErrorCodes.MESSAGE_TOO_LARGE
  await assert.rejects(shard.write((machine) => machine.set('a', '2')))
  log.appendError = ErrorCodes.NONE
  assert.equal(await get('a'), '1')
  assert.equal(machines.length, 1)
})

test('a failed write is fatal to the state: waiters are refused and the log is replayed anew', async () => {
  const { clock, log, shard, machines, get } = bench()
  await shard.load()
  await shard.write((machine) => machine.set('a', '1'))
  log.autoFlush = false
  const lost = shard.write((machine) => machine.set('a', '2'))
  const alsoLost = get('a')
  log.failWrites()
  await assert.rejects(lost, rejectsWith(ErrorCodes.NOT_COORDINATOR))
  await assert.rejects(alsoLost, rejectsWith(ErrorCodes.NOT_COORDINATOR))
  assert.equal(machines[0]?.unloadedWith, ErrorCodes.NOT_COORDINATOR)
  await assert.rejects(get('a'), rejectsWith(ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS))
  log.autoFlush = true
  await clock.advance(100)
  assert.equal(await get('a'), '1')
  assert.equal(machines.length, 2)
})

test('an append that the log itself refuses is fatal too', async () => {
  const { clock, log, shard, machines, get } = bench()
  await shard.load()
  log.appendError = ErrorCodes.KAFKA_STORAGE_ERROR
  await assert.rejects(
    shard.write((machine) => machine.set('a', '1')),
    rejectsWith(ErrorCodes.NOT_COORDINATOR),
  )
  log.appendError = ErrorCodes.NONE
  await clock.advance(100)
  assert.equal(await get('a'), undefined)
  assert.equal(machines.length, 2)
})

test('a load that fails is tried again, less and less often', async () => {
  const clock = new ManualClock()
  let attempts = 0
  const shard = new CoordinatorShard<Counters>({
    topic: 'counters',
    partition: 0,
    clock,
    codecs: createNodeCodecs(),
    logger: silentLogger,
    baseSequence: 0,
    writeTimeoutMs: 5000,
    openLog: () => {
      attempts++
      return attempts < 4 ? Promise.reject(new Error('not yet')) : Promise.resolve(new MemoryLog())
    },
    createMachine: () => new Counters(),
  })
  await shard.load()
  await clock.advance(100)
  assert.equal(attempts, 2)
  await clock.advance(199)
  assert.equal(attempts, 2)
  await clock.advance(1)
  assert.equal(attempts, 3)
  await clock.advance(400)
  assert.equal(await shard.read((machine) => machine.isLoaded), true)
  shard.close()
})

test('a disk that takes too long gets the client an error, while what depends on the write still happens', async () => {
  const { clock, log, shard } = bench()
  await shard.load()
  log.autoFlush = false
  const durable: string[] = []
  const slow = shard.write((machine) => ({ ...machine.set('a', '1'), durable: () => durable.push('a') }))
  const refused = assert.rejects(slow, rejectsWith(ErrorCodes.COORDINATOR_NOT_AVAILABLE))
  await clock.advance(3000)
  const later = shard.write((machine) => machine.set('b', '1'))
  await clock.advance(2000)
  await refused
  assert.equal(await hasSettled(later), false)
  log.flush()
  await later
  assert.deepEqual(durable, ['a'])
  assert.equal(clock.pendingTimers, 0)
})

test('parked responses are limited', async () => {
  const { log, shard } = bench()
  await shard.load()
  log.autoFlush = false
  const write = shard.write((machine) => machine.set('a', '1'))
  const reads = Array.from({ length: parkedResponsesMax - 1 }, () => shard.read(() => 0))
  await assert.rejects(
    shard.read(() => 0),
    rejectsWith(ErrorCodes.COORDINATOR_NOT_AVAILABLE),
  )
  log.flush()
  await Promise.all([write, ...reads])
  assert.equal(await shard.read(() => 1), 1)
})

test('a command that throws changes nothing', async () => {
  const { log, shard } = bench()
  await shard.load()
  const refused = shard.write(() => {
    throw new CoordinatorError(ErrorCodes.UNKNOWN_MEMBER_ID)
  })
  await assert.rejects(refused, rejectsWith(ErrorCodes.UNKNOWN_MEMBER_ID))
  assert.equal(log.logEndOffset, 0)
})

test('records that need not stay together are split over batches', async () => {
  const { log, shard } = bench()
  await shard.load()
  const records = Array.from({ length: 30 }, (_, index) => ({ key: Buffer.from(`k${index}`), value: Buffer.alloc(50_000, 'v') }))
  await shard.write(() => ({ records, response: undefined, atomic: false }))
  assert.ok(log.batches.length > 1)
  for (const batch of log.batches) assert.ok(batch.length <= 600_000)
  assert.equal(await shard.read((machine) => machine.counts.size), 30)
  await settle()
})

test('a defect in what follows a write reloads the shard, and leaves no one without an answer', async () => {
  const { clock, log, shard, machines, get } = bench()
  await shard.load()
  log.autoFlush = false
  const durable = (): never => {
    throw new Error('defect')
  }
  const broken = shard.write((machine) => ({ ...machine.set('a', '1'), durable }))
  const behind = get('a')
  const refused = [assert.rejects(broken, rejectsWith(ErrorCodes.UNKNOWN_SERVER_ERROR)), behind.then((value) => assert.equal(value, '1'))]
  log.flush()
  await Promise.all(refused)
  log.autoFlush = true
  await clock.advance(100)
  assert.equal(await get('a'), '1')
  assert.equal(machines.length, 2)
})

test('a load that a change of leadership interrupts comes to nothing', async () => {
  const { shard, machines, get } = bench()
  void shard.load()
  shard.changeLeader(false)
  await settle()
  assert.deepEqual(
    machines.map(({ isLoaded }) => isLoaded),
    [false],
  )
  await assert.rejects(get('a'), rejectsWith(ErrorCodes.NOT_COORDINATOR))
})
