import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { type OffsetToCommit, TimeoutError } from '@odradek/client'
import { resetOffsets, undoOffsets } from '../../../src/commands/group/reset/change-offsets.ts'
import { loadReset } from '../../../src/commands/group/reset/saved-reset.ts'

let state: string
let committed: Map<number, number>
/** Changes of partitions from this one on fail. */
let failsFrom: number

const admin = {
  describeCluster: () => Promise.resolve({ clusterId: 'c', controller: undefined, nodes: [] }),
  listGroupOffsets: () =>
    Promise.resolve([...committed].map(([partition, offset]) => ({ topic: 't', partition, offset, metadata: '', leaderEpoch: -1 }))),
  alterGroupOffsets: (_group: string, offsets: readonly OffsetToCommit[]) => {
    for (const { partition, offset } of offsets) if (partition < failsFrom) committed.set(partition, offset)
    return offsets.some(({ partition }) => partition >= failsFrom) ? Promise.reject(new TimeoutError('too late')) : Promise.resolve()
  },
  deleteGroupOffsets: () => Promise.resolve(),
}

const to = (...offsets: number[]) => offsets.map((offset, partition) => ({ topic: 't', partition, offset }))
const undoable = async (): Promise<(number | null)[]> => (await loadReset('c', 'g')).offsets.map(({ offset }) => offset)

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'odradek-resets-'))
  process.env['XDG_STATE_HOME'] = state
  committed = new Map([
    [0, 10],
    [1, 10],
  ])
  failsFrom = 2
})

afterEach(async () => {
  delete process.env['XDG_STATE_HOME']
  await rm(state, { recursive: true })
})

test('a reset that comes to nothing leaves the one before it to be undone', async () => {
  await resetOffsets(admin, 'g', to(4, 4))
  failsFrom = 0
  await assert.rejects(resetOffsets(admin, 'g', to(1, 1)), TimeoutError)
  assert.deepEqual(await undoable(), [10, 10])
})

test('with nothing before it, nothing is left to be undone', async () => {
  failsFrom = 0
  await assert.rejects(resetOffsets(admin, 'g', to(1, 1)), TimeoutError)
  await assert.rejects(undoable(), /no reset of group "g"/)
})

test('a reset that was half done can be undone', async () => {
  failsFrom = 1
  await assert.rejects(resetOffsets(admin, 'g', to(4, 4)), TimeoutError)
  assert.deepEqual(
    [await undoable(), [...committed.values()]],
    [
      [10, 10],
      [4, 10],
    ],
  )
})

test('an undo that was half done goes the same way when it is tried again', async () => {
  await resetOffsets(admin, 'g', to(4, 4))
  failsFrom = 1
  await assert.rejects(undoOffsets(admin, 'g', to(10, 10)), TimeoutError)
  assert.deepEqual(await undoable(), [10, 10])
  failsFrom = 2
  await undoOffsets(admin, 'g', to(10, 10))
  assert.deepEqual([...committed.values()], [10, 10])
})
