/** Faults of compaction and of a full disk. */

import type { Mutation } from './mutation.ts'

const cleaner = 'packages/broker/src/storage/cleaner'
const tests = 'packages/broker/test/storage/cleaner'
const compaction = `${tests}/compaction.test.ts`
const model = `${tests}/model.test.ts`
const crash = `${tests}/crash.test.ts`
const diskFull = 'packages/broker/test/storage/disk-full.test.ts'

export const compactionMutations: readonly Mutation[] = [
  {
    name: 'compaction/first-of-key',
    breaks: 'the newest record of a key goes and an older one stays',
    file: `${cleaner}/offset-map.ts`,
    search: '    this.#offsets[slot] = offset + 1\n    this.latestOffset = offset',
    replace: '    if (this.#offsets[slot] === 0) this.#offsets[slot] = offset + 1\n    this.latestOffset = offset',
    tests: [compaction, model],
  },
  {
    name: 'compaction/grow-forgets',
    breaks: 'keys are forgotten when the offset map grows, so that superseded records stay for good',
    file: `${cleaner}/offset-map.ts`,
    search: '      this.#offsets[slot] = offsets[from] as number',
    replace: '',
    tests: [`${tests}/offset-map.test.ts`],
  },
  {
    name: 'compaction/tombstone-at-once',
    breaks: 'a tombstone goes before readers had delete.retention.ms to see it',
    file: `${cleaner}/batch-filter.ts`,
    search: 'const keepsTombstones = horizonMs === undefined || nowMs < horizonMs',
    replace: 'const keepsTombstones = horizonMs !== undefined && nowMs < horizonMs',
    tests: [compaction],
  },
  {
    name: 'compaction/tombstone-for-ever',
    breaks: 'tombstones never go',
    file: `${cleaner}/batch-filter.ts`,
    search: 'const keepsTombstones = horizonMs === undefined || nowMs < horizonMs',
    replace: 'const keepsTombstones = true',
    tests: [compaction],
  },
  {
    name: 'compaction/sequence-lost',
    breaks: "a producer's last sequence goes with its records, so that a duplicate is taken after a restart",
    file: `${cleaner}/batch-filter.ts`,
    search: 'return this.#isLastOfProducer(header) ? withoutRecords(batch, 0, this.#crc32c) : undefined',
    replace: 'return undefined',
    tests: [compaction],
  },
  {
    name: 'compaction/aborted-supersedes',
    breaks: 'an aborted record supersedes a committed one, which is lost',
    file: `${cleaner}/log-compaction.ts`,
    search: '      : transactions.onData(header)',
    replace: '      : (transactions.onData(header), false)',
    tests: [compaction, model],
  },
  {
    name: 'compaction/marker-too-early',
    breaks: 'the marker of a committed transaction goes while its data is there',
    file: `${cleaner}/cleaned-transactions.ts`,
    search: "if (marker.type === 'COMMIT') return !this.#committed.delete(header.producerId)",
    replace: "if (marker.type === 'COMMIT') return true",
    tests: [compaction],
  },
  {
    name: 'compaction/open-transaction',
    breaks: 'data of a transaction that is still open is cleaned',
    file: `${cleaner}/cleanable.ts`,
    search: 'Math.min(log.producers.firstUnstableOffset, log.writtenOffset,',
    replace: 'Math.min(log.writtenOffset,',
    tests: [compaction],
  },
  {
    name: 'compaction/stale-cache',
    breaks: 'the tail cache serves aborted data that the transaction index does not name any more',
    file: 'packages/broker/src/storage/log.ts',
    search: '    this.cache.dropBefore((this.segments[first + 1] as Segment).baseOffset)\n',
    replace: '',
    tests: [compaction],
  },
  {
    name: 'compaction/swap-not-finished',
    breaks: 'a crash in the middle of a swap loses the segments that were to be replaced',
    file: `${cleaner}/segment-swap.ts`,
    search: 'const kept = swaps.filter(({ baseOffset }) => baseOffset < undoneFrom)',
    replace: 'const kept = swaps.filter(({ baseOffset }) => baseOffset < undoneFrom && baseOffset < 0)',
    tests: [crash],
  },
  {
    name: 'compaction/swap-not-undone',
    breaks: 'half a swap is taken for a whole one',
    file: `${cleaner}/segment-swap.ts`,
    search: 'if (baseOffset >= undoneFrom) await files.remove(`${directory}/${name}`)',
    replace: 'if (baseOffset < 0) await files.remove(`${directory}/${name}`)',
    tests: [crash],
  },
  {
    name: 'compaction/nothing-deleted',
    breaks: 'with cleanup.policy=compact,delete old segments stay for ever',
    file: 'packages/broker/src/storage/log-retention.ts',
    search: 'if (log.config.cleanupDelete)',
    replace: 'if (log.config.cleanupDelete && !log.config.cleanupCompact)',
    tests: ['packages/broker/test/api/compaction-keys.test.ts'],
  },
  {
    name: 'disk-full/never-again',
    breaks: 'a partition whose disk was full takes no writes until a restart',
    file: 'packages/broker/src/partition/log-seat.ts',
    search: 'if (error instanceof DiskFullError) this.#wait()',
    replace: '',
    tests: [diskFull],
  },
  {
    name: 'disk-full/refused-appears',
    breaks: 'records that were refused for want of room are there afterwards',
    file: 'packages/broker/src/storage/log-manager.ts',
    search: '      await discardUnwritten(log)\n',
    replace: '',
    tests: [diskFull],
  },
  {
    name: 'disk-full/no-reads',
    breaks: 'nothing can be read while the disk is full',
    file: 'packages/broker/src/partition/partition.ts',
    search: 'if (unavailable !== undefined && !this.#isFull)',
    replace: 'if (unavailable !== undefined)',
    tests: [diskFull],
  },
]
