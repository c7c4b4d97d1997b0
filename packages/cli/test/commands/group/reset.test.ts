/** From the options to the new offsets, with a cluster of which only the offsets are known. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Admin, OffsetQuery } from '@odradek/client'
import { parseOffsetsFile } from '../../../src/commands/group/reset/offsets-file.ts'
import { planReset } from '../../../src/commands/group/reset/plan.ts'
import { resetTarget, type TargetOptions } from '../../../src/commands/group/reset/target.ts'
import { CommandError, UsageError } from '../../../src/errors.ts'
import { collectTopicScope, expandScopes } from '../../../src/records/partition-list.ts'

const nowMs = Date.parse('2026-01-31T12:00:00Z')

/** Offsets 2 to 9 are there, one a minute up to now; the group has committed 5 of partition 0 and nothing of 1. */
const cluster: Pick<Admin, 'listOffsets' | 'listGroupOffsets'> = {
  listOffsets: (queries: readonly OffsetQuery[]) =>
    Promise.resolve(
      queries.map(({ topic, partition, at }) => ({ topic, partition, offset: offsetAt(at), timestamp: -1, leaderEpoch: -1 })),
    ),
  listGroupOffsets: () => Promise.resolve([{ topic: 'orders', partition: 0, offset: 5, metadata: '', leaderEpoch: -1 }]),
}

function offsetAt(at: OffsetQuery['at']): number {
  if (at === 'earliest') return 2
  if (typeof at === 'string') return 10
  const minutes = Math.floor((nowMs - at) / 60_000)
  return minutes < 1 ? -1 : Math.max(2, 10 - minutes)
}

async function newOffset(options: TargetOptions, partition = 0, fromFile = ''): Promise<[number, number | null]> {
  const target = resetTarget(options, nowMs)
  const planTarget = target.kind === 'file' ? ({ kind: 'offsets', offsets: parseOffsetsFile(fromFile, 'g') } as const) : target
  const [planned] = await planReset(cluster, 'g', [{ topic: 'orders', partition }], planTarget)
  return [planned?.newOffset ?? -1, planned?.clampedFrom ?? null]
}

for (const [options, expected] of [
  [{ toEarliest: true }, [2, null]],
  [{ toLatest: true }, [10, null]],
  [{ toCurrent: true }, [5, null]],
  [{ toOffset: 7 }, [7, null]],
  [{ toOffset: 1 }, [2, 1]],
  [{ toOffset: 11 }, [10, 11]],
  [{ toDatetime: '2026-01-31T11:57:00Z' }, [7, null]],
  [{ byDuration: 'PT4M' }, [6, null]],
  // No record that late.
  [{ byDuration: 'PT1S' }, [10, null]],
  [{ shiftBy: -2 }, [3, null]],
  [{ shiftBy: -9 }, [2, -4]],
  [{ shiftBy: 9 }, [10, 14]],
] as const satisfies readonly (readonly [TargetOptions, readonly [number, number | null]])[]) {
  test(`to ${JSON.stringify(options)}`, async () => {
    assert.deepEqual(await newOffset(options), expected)
  })
}

test('a partition of which nothing is committed: its end is where it is, and there is nothing to shift from', async () => {
  assert.deepEqual(await newOffset({ toCurrent: true }, 1), [10, null])
  await assert.rejects(newOffset({ shiftBy: 1 }, 1), CommandError)
})

test('a file of offsets, with and without the group, quoted or not', async () => {
  assert.deepEqual(await newOffset({ fromFile: 'f' }, 0, '"orders",1,3\r\nother,orders,0,9\n\ng,orders,0,4'), [4, null])
  for (const text of ['orders,0', 'orders,0,x', 'a,b,0,1,2', ',0,1', 'orders,0,-1']) {
    assert.throws(() => parseOffsetsFile(text, 'g'), /line 1 is not topic,partition,offset/)
  }
  assert.throws(() => parseOffsetsFile('other,orders,0,9\n', 'g'), /no offsets of group "g"/)
  assert.throws(() => parseOffsetsFile('orders,0,9\norders,0,8\n', 'g'), /^CommandError: line 2 names orders-0 again/)
})

test('exactly one place to go to', () => {
  assert.throws(() => resetTarget({}, nowMs), UsageError)
  assert.throws(() => resetTarget({ toEarliest: true, toOffset: 0 }, nowMs), UsageError)
  assert.throws(() => resetTarget({ toDatetime: 'noon' }, nowMs), /"noon" is no time/)
})

test('topics and partitions as the command line names them', () => {
  const scopes = collectTopicScope('payments', collectTopicScope('orders:0,3,0'))
  assert.deepEqual(
    expandScopes([...scopes, { topic: 'orders', partitions: [3] }], () => 2),
    [
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 3 },
      { topic: 'payments', partition: 0 },
      { topic: 'payments', partition: 1 },
    ],
  )
  for (const text of ['', 'orders:', 'orders:x', 'orders:1,', ':1']) assert.throws(() => collectTopicScope(text), /write/)
})
