/** Faults in quotas, in what stored batches are compressed with, and in what is synced when. */

import type { Mutation } from './mutation.ts'

const quotaApi = 'packages/broker/test/api/client-quotas.test.ts'
const quotaLimits = 'packages/broker/test/quota/quota-limit.test.ts'
const rates = 'packages/broker/test/quota/sampled-rate.test.ts'
const durability = 'packages/broker/test/api/durability.test.ts'
const recompression = 'packages/broker/test/api/recompression.test.ts'

export const quotaMutations: readonly Mutation[] = [
  {
    name: 'quota/window-of-one-sample',
    breaks: 'a client is throttled ten times as much as by Apache Kafka',
    file: 'packages/broker/src/quota/sampled-rate.ts',
    search: 'const missing = Math.max(0, samples - 1 - Math.floor(elapsedMs / sampleMs))',
    replace: 'const missing = samples > 0 && elapsedMs < sampleMs ? 1 : 0',
    tests: [rates, quotaApi],
  },
  {
    name: 'quota/default-before-own',
    breaks: "a user's own quota yields to that of everybody",
    file: 'packages/broker/src/quota/quota-limit.ts',
    search: '[[userPart], user,',
    replace: '[[defaultUser], user,',
    tests: [quotaLimits],
  },
  {
    name: 'quota/never-muted',
    breaks: 'a client that does not heed throttleTimeMs is not slowed',
    file: 'packages/broker/src/api/client-throttle.ts',
    search: 'connection.throttle(throttleMs)',
    replace: '',
    tests: [quotaApi],
  },
  {
    name: 'quota/refused-fetch-counted',
    breaks: 'a throttled consumer pays for data that it did not get, again and again',
    file: 'packages/broker/src/api/client-throttle.ts',
    search: 'if (throttleMs > 0) fetch.unrecord(principal.name, clientId, sizeBytes)',
    replace: '',
    tests: [quotaApi],
  },
  {
    name: 'quota/stale-limit',
    breaks: 'a changed quota holds only for clients that were not there before',
    file: 'packages/broker/src/quota/client-quota.ts',
    search: 'if (this.#limitsRevision !== quotas.revision ||',
    replace: 'if (this.#limitsRevision === -1 ||',
    tests: [quotaLimits],
  },
  {
    name: 'storage/flush-ms-of-before',
    breaks: 'a shorter flush.ms is not heeded until the longer one has passed',
    file: 'packages/broker/src/storage/log.ts',
    search: 'this.#flushTimer = config.flushMs < MAX_TIMER_MS ? this.#startFlushTimer(config.flushMs) : undefined',
    replace: '',
    tests: [durability],
  },
  {
    name: 'partition/recompressed-at-another-level',
    breaks: 'compression levels of a topic are not heeded for large batches',
    file: 'packages/broker/src/partition/recompression.ts',
    search: 'const level = config.compressionLevel',
    replace: 'const level = undefined as number | undefined',
    tests: [recompression],
  },
]
