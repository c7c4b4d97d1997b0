import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { createNodeCodecs } from '@odradek/runtime'
import { CoordinatorError } from '../../../src/coordinator/runtime/coordinator-error.ts'
import { CoordinatorShard } from '../../../src/coordinator/runtime/coordinator-shard.ts'
import type { CoordinatorRecord, Outcome, StateMachine } from '../../../src/coordinator/runtime/outcome.ts'
import { silentLogger } from '../../../src/logger.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { MemoryLog } from '../support/memory-log.ts'

/** The last value, and what became of the machine. */
class Register implements StateMachine {
  value = ''
  fate: 'made' | 'loaded' | 'unloaded' = 'made'

  replay({ value }: CoordinatorRecord): void {
    this.value = value?.toString() ?? ''
  }

  onLoaded(): void {
    this.fate = 'loaded'
  }

  onUnloaded(): void {
    this.fate = 'unloaded'
  }

  set(value: string): Outcome<void> {
    return { records: [{ key: Buffer.from('key'), value: Buffer.from(value) }], response: undefined }
  }
}

function bench() {
  const log = new MemoryLog()
  const machines: Register[] = []
  const shard = new CoordinatorShard<Register>({
    topic: 'registers',
    partition: 0,
    clock: new ManualClock(),
    codecs: createNodeCodecs(),
    logger: silentLogger,
    baseSequence: 0,
    writeTimeoutMs: 5000,
    openLog: () => Promise.resolve(log),
    createMachine: () => {
      const machine = new Register()
      machines.push(machine)
      return machine
    },
  })
  return { log, shard, machines, fates: () => machines.map(({ fate }) => fate), get: () => shard.read(({ value }) => value) }
}

const rejectsWith = (code: number) => (error: unknown) => error instanceof CoordinatorError && error.code === code

test('a new leader has what the old one wrote, also what was still being written; whoever waited for it is sent away', async () => {
  const { log, shard, machines, fates, get } = bench()
  await shard.load()
  log.autoFlush = false
  const waiting = shard.write((machine) => machine.set('late'))
  shard.changeLeader(true)
  await assert.rejects(waiting, rejectsWith(ErrorCodes.NOT_COORDINATOR))
  await settle()
  await assert.rejects(get(), rejectsWith(ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS))
  assert.deepEqual(fates(), ['unloaded', 'made'])
  log.flush()
  await shard.load()
  assert.equal(machines[1]?.value, 'late')
  assert.equal(await get(), 'late')
})

test('loads that a move interrupts come to nothing: one machine serves in the end', async () => {
  const { log, shard, fates, get } = bench()
  await shard.load()
  log.autoFlush = false
  const waiting = shard.write((machine) => machine.set('last'))
  for (let move = 0; move < 3; move++) shard.changeLeader(true)
  await assert.rejects(waiting, rejectsWith(ErrorCodes.NOT_COORDINATOR))
  log.flush()
  await settle()
  await shard.load()
  assert.deepEqual(fates(), ['unloaded', 'made', 'made', 'loaded'])
  assert.equal(await get(), 'last')
})

test('without a leader nothing is loaded, until there is one', async () => {
  const { shard, fates, get } = bench()
  const loading = shard.load()
  shard.changeLeader(false)
  await loading
  await shard.load()
  await assert.rejects(get(), rejectsWith(ErrorCodes.NOT_COORDINATOR))
  assert.deepEqual(fates(), ['made'])
  shard.changeLeader(true)
  await shard.load()
  assert.equal(await get(), '')
})
