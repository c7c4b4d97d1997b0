import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cachedPartitionsMax, FetchSessionCache } from '../../src/api/fetch-session-cache.ts'
import { type FetchEntries, FetchEntry, nextEpoch } from '../../src/api/fetch-session.ts'

const wanted = {
  partition: 0,
  currentLeaderEpoch: -1,
  fetchOffset: 0,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
  partitionMaxBytes: 1,
  replicaDirectoryId: '',
  highWatermark: -1,
}

function entries(count: number): FetchEntries {
  return new Map(Array.from({ length: count }, (_, index) => [`${index}`, new FetchEntry(`${index}`, '', 'orders', wanted)]))
}

function cacheOf(slots: number): { cache: FetchSessionCache; advance: (ms: number) => void; evictions: () => number } {
  let nowMs = 0
  let next = 0
  let evictions = 0
  const cache = new FetchSessionCache({
    clock: { monotonicMs: () => nowMs },
    random: { int: () => next++ },
    slots,
    onEviction: () => evictions++,
  })
  return { cache, advance: (ms) => (nowMs += ms), evictions: () => evictions }
}

test('a session that was not used for two minutes gives way to any', () => {
  const { cache, advance, evictions } = cacheOf(2)
  const old = cache.create(entries(10), false)
  const used = cache.create(entries(10), false)
  assert.ok(old !== undefined && used !== undefined)
  advance(120_000)
  assert.ok(cache.use(used, () => undefined))
  assert.equal(cache.create(entries(1), false), undefined)
  advance(1)
  const created = cache.create(entries(1), false)
  assert.ok(created !== undefined)
  assert.equal(cache.get(old.id), undefined)
  assert.equal(cache.get(used.id), used)
  assert.deepEqual([cache.size, cache.partitions, evictions()], [2, 11, 1])
})

test('one that has been there for two minutes gives way to a larger one, the smallest first', () => {
  const { cache, advance } = cacheOf(2)
  const small = cache.create(entries(2), false)
  const smaller = cache.create(entries(1), false)
  assert.ok(small !== undefined && smaller !== undefined)
  for (let seconds = 0; seconds < 122; seconds++) {
    advance(1000)
    for (const session of [small, smaller]) assert.ok(cache.use(session, () => undefined))
  }
  assert.equal(cache.create(entries(1), false), undefined)
  assert.ok(cache.create(entries(2), false) !== undefined)
  assert.equal(cache.get(smaller.id), undefined)
  assert.equal(cache.get(small.id), small)
})

test('a young one gives way to none', () => {
  const { cache } = cacheOf(1)
  assert.ok(cache.create(entries(1), false) !== undefined)
  assert.equal(cache.create(entries(5), false), undefined)
})

test('what sessions remember together has a limit', () => {
  const { cache } = cacheOf(10)
  const one = cache.create(entries(1), false)
  assert.ok(one !== undefined)
  let size = cachedPartitionsMax + 1
  const grown = new Map(entries(1))
  Object.defineProperty(grown, 'size', { get: () => size })
  assert.equal(cache.create(grown, false), undefined)
  size = cachedPartitionsMax - 1
  const large = cache.create(grown, false)
  assert.ok(large !== undefined)
  const goesOn = cache.use(large, () => {
    size++
  })
  assert.equal(goesOn, false)
  assert.equal(cache.get(large.id), undefined)
})

test('epochs go from 1 to the largest integer, and begin at 1 again', () => {
  assert.deepEqual([-1, 0, 1, 2_147_483_647].map(nextEpoch), [-1, 1, 2, 1])
})
