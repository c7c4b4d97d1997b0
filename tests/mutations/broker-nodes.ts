/** Faults in what several nodes share: metadata, leadership, producer ids. */

import type { Mutation } from './mutation.ts'

const leaders = 'packages/broker/test/nodes/leaders.test.ts'
const stopping = 'packages/broker/test/nodes/stopping.test.ts'
const coordinators = 'packages/broker/test/nodes/coordinators.test.ts'
const produce = 'packages/broker/test/api/produce.test.ts'
const broker = 'packages/broker/test/broker.test.ts'

const partition = 'packages/broker/src/partition/partition.ts'

export const nodeMutations: readonly Mutation[] = [
  {
    name: 'nodes/moved-leader-acknowledges',
    breaks: 'acks=all is acknowledged by a leader that has been replaced',
    file: 'packages/broker/src/api/produce.ts',
    search: 'return hasMoved?.() === true ?',
    replace: 'return hasMoved === null ?',
    tests: [leaders],
  },
  {
    name: 'nodes/moved-leader-keeps-waiting',
    breaks: 'a waiting fetch learns of a new leader only when its time is over',
    file: 'packages/broker/src/api/fetch-wait.ts',
    search: 'if (hasMoved(target)) return data.errorCode === ErrorCodes.NONE',
    replace: '',
    tests: [leaders],
  },
  {
    name: 'nodes/epoch-of-former-leader',
    breaks: 'batches carry the epoch of the former leader',
    file: partition,
    search: 'this.leaderEpoch = leaderEpoch\n    this.#log',
    replace: 'this.#log',
    tests: [leaders],
  },
  {
    name: 'nodes/epoch-not-begun',
    breaks: 'an epoch in which nothing was written cannot be told from one that never was',
    file: partition,
    search: 'this.#log.beginEpoch(leaderEpoch)',
    replace: '',
    tests: [leaders],
  },
  {
    name: 'nodes/dead-node-leads',
    breaks: 'partitions are given to a node that does not run',
    file: 'packages/broker/src/metadata/leadership.ts',
    search: 'if (!this.#liveNodeIds().includes(nodeId))',
    replace: 'if (this.#liveNodeIds().length < 0)',
    tests: [leaders, stopping],
  },
  {
    name: 'nodes/leaders-stay-with-the-stopped',
    breaks: 'partitions whose leader has stopped are gone',
    file: 'packages/broker/src/metadata/leadership.ts',
    search: 'const record = live.includes(state.leaderId) ? undefined : this.#replacement(topic, partition, state, live)',
    replace: 'const record = live.length > 0 ? undefined : this.#replacement(topic, partition, state, live)',
    tests: [stopping],
  },
  {
    name: 'nodes/state-of-former-coordinator',
    breaks: 'a coordinator goes on with what it knew when it coordinated before',
    file: 'packages/broker/src/coordinator/runtime/coordinator-shard.ts',
    search: 'this.#failedLoads = 0\n    this.#giveUp()',
    replace: 'this.#failedLoads = 0',
    tests: [coordinators],
  },
  {
    name: 'nodes/producer-ids-again',
    breaks: 'two producers are given one id, and each other’s sequences',
    file: 'packages/broker/src/metadata/producer-ids.ts',
    search: 'nextProducerId: first + blockSize }',
    replace: 'nextProducerId: first }',
    tests: [produce, broker],
  },
  {
    name: 'nodes/min-insync-of-the-stopped',
    breaks: 'acks=all counts replicas on nodes that do not run',
    file: 'packages/broker/src/api/produce.ts',
    search: 'if (inSyncMin > inSyncReplicas(led.found.state.replicas, context.cluster).length)',
    replace: 'if (inSyncMin > led.found.state.replicas.length)',
    tests: [stopping],
  },
]
