/** Faults in how the client finds brokers, waits for them and measures them. */

import type { Mutation } from './mutation.ts'

const connections = 'packages/client/test/cluster/connections.test.ts'
const hedgedTest = 'packages/client/test/cluster/hedged.test.ts'
const commonTest = 'packages/client/test/config/common.test.ts'
const sampledTest = 'packages/client/test/metrics/sampled.test.ts'
const seriesTest = 'packages/client/test/metrics/series.test.ts'
const groupAdmin = 'packages/client/test/admin/groups.test.ts'
const secrets = 'packages/client/test/config/secrets.test.ts'
const observability = 'tests/e2e/observability.test.ts'

const cluster = 'packages/client/src/cluster/cluster.ts'
const link = 'packages/client/src/cluster/node-link.ts'
const hedged = 'packages/client/src/cluster/hedged.ts'
const sampled = 'packages/client/src/metrics/sampled.ts'
const series = 'packages/client/src/metrics/series.ts'

export const connectionMutations: readonly Mutation[] = [
  {
    name: 'connections/trust-anybody',
    breaks: 'without the check of names a certificate of nobody knows whom is trusted',
    file: 'packages/runtime/src/node/tls.ts',
    search: '{ checkServerIdentity: () => undefined }',
    replace: '{ rejectUnauthorized: false }',
    tests: ['packages/runtime/test/node/network.test.ts'],
  },
  {
    name: 'connections/no-second-opinion',
    breaks: 'one broker that hangs keeps everybody from metadata',
    file: hedged,
    search: 'if (next < candidates.length && underWay < maxAtOnce) timer = clock.setTimer(patienceMs, tryNext)',
    replace: '',
    tests: [hedgedTest, connections],
  },
  {
    name: 'connections/ask-everybody',
    breaks: 'a slow broker makes the client ask all of them',
    file: hedged,
    search: ' && underWay < maxAtOnce',
    replace: '',
    tests: [hedgedTest],
  },
  {
    name: 'connections/no-rebootstrap',
    breaks: 'a cluster whose brokers have all moved is never found again',
    file: cluster,
    search: "return this.config.metadataRecoveryStrategy === 'rebootstrap'",
    replace: 'return false',
    tests: [commonTest, connections],
  },
  {
    name: 'connections/always-rebootstrap',
    breaks: 'metadata.recovery.strategy=none is not kept',
    file: cluster,
    search: "return this.config.metadataRecoveryStrategy === 'rebootstrap'",
    replace: 'return true',
    tests: [commonTest, connections],
  },
  {
    name: 'connections/no-trigger',
    breaks: 'brokers that accept connections and never answer are asked for ever',
    file: cluster,
    search: 'waitedMs < triggerMs',
    replace: 'waitedMs < Number.MAX_SAFE_INTEGER',
    tests: [commonTest],
  },
  {
    name: 'connections/throttle-ignored',
    breaks: 'a client goes on sending to a broker that has asked it not to',
    file: link,
    search: 'return this.#throttleLeftMs > 0 ? undefined : this.#connection',
    replace: 'return this.#connection',
    tests: [connections],
  },
  {
    name: 'connections/one-address-a-name',
    breaks: 'only the first address behind a name is tried',
    file: link,
    search: 'for (const address of addresses.sort(',
    replace: 'for (const address of addresses.slice(0, 1).sort(',
    tests: [commonTest, connections],
  },
  {
    name: 'connections/setup-timeout-stays',
    breaks: 'a connection that takes long is given no more time when it is tried again',
    file: link,
    search: '2 ** Math.min(this.#failures, 20)',
    replace: '1',
    tests: [commonTest],
  },
  {
    name: 'connections/leader-not-sought',
    breaks: 'whoever asks for the offsets of a partition that had no leader for a moment waits a minute for them',
    file: 'packages/client/src/cluster/list-offsets.ts',
    search: 'await topics.refresh()\n    leader = knownLeader',
    replace: 'leader = knownLeader',
    tests: ['packages/client/test/cluster/list-offsets.test.ts'],
  },
  {
    name: 'metrics/windows-never-end',
    breaks: 'a maximum stays for ever',
    file: sampled,
    search: 'oldest !== undefined && oldest.lastMs <= expiredMs',
    replace: 'oldest !== undefined && oldest.lastMs < 0',
    tests: [sampledTest, commonTest],
  },
  {
    name: 'metrics/rates-too-high-at-first',
    breaks: 'the first batch of a client looks like a flood',
    file: sampled,
    search: 'if (missing > 0) elapsedMs += missing * windowMs',
    replace: '',
    tests: [sampledTest],
  },
  {
    name: 'metrics/series-without-end',
    breaks: 'figures of topics fill the memory',
    file: series,
    search: 'if (this.#entries.size < MAX_SERIES) return',
    replace: 'return',
    tests: [seriesTest],
  },
  {
    name: 'metrics/idle-series-stay',
    breaks: 'topics that are not used any more are shown for ever',
    file: series,
    search: 'if (now - usedMs < IDLE_MS) return',
    replace: 'if (now >= usedMs) return',
    tests: [seriesTest],
  },
  {
    name: 'tracing/context-not-sent',
    breaks: 'the trace ends at the producer',
    file: 'packages/client/src/tracing/producer-spans.ts',
    search: 'return { record: { ...record, headers }, span }',
    replace: 'return { record: { ...record, headers: record.headers ?? (headers && []) }, span }',
    tests: [observability],
  },
  {
    name: 'config/tls-printed',
    breaks: 'a private key given as a TLS option is printed with the configuration',
    file: 'packages/client/src/config/resolve.ts',
    search: '...(tls === undefined ? {} : { tls: HIDDEN }),',
    replace: '...(tls === undefined ? {} : { tls }),',
    tests: [secrets],
  },
  {
    name: 'coordinators/asked-for-ever',
    breaks: 'a coordinator that is gone is asked again and again, while another has its groups',
    file: 'packages/client/src/cluster/coordinators.ts',
    search: 'if (isMisplaced(error)) this.forget(groupId)',
    replace: '',
    tests: [groupAdmin],
  },
  {
    name: 'admin/first-failure-is-all',
    breaks: 'of several groups one that cannot be deleted hides what became of the others',
    file: 'packages/client/src/admin/per-resource.ts',
    search: '      return [id, { error }]\n',
    replace: '      throw error\n',
    tests: [groupAdmin],
  },
]
