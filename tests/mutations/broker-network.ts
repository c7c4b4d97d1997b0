/** Faults between the socket and the partition: frames, order of responses, requests and their limits. */

import type { Mutation } from './mutation.ts'

const connection = 'packages/broker/test/network/connection.test.ts'
const frames = 'packages/broker/test/network/frame-reader.test.ts'
const wire = 'packages/broker/test/network/wire.test.ts'
const fetch = 'packages/broker/test/api/fetch.test.ts'
const produce = 'packages/broker/test/api/produce.test.ts'
const records = 'packages/broker/test/api/records.test.ts'
const authorization = 'packages/broker/test/api/authorization.test.ts'

const connectionSource = 'packages/broker/src/network/connection.ts'
const produceSource = 'packages/broker/src/api/produce.ts'
const waitSource = 'packages/broker/src/api/fetch-wait.ts'
const lookUp = 'packages/broker/src/api/partition-lookup.ts'
const dispatcher = 'packages/broker/src/api/dispatcher.ts'

export const networkMutations: readonly Mutation[] = [
  {
    name: 'network/responses-out-of-order',
    breaks: 'a response that is ready first overtakes those before it',
    file: connectionSource,
    search: 'while (this.#slots[0]?.chunks !== undefined) {\n      const first = this.#slots.shift()',
    replace:
      'for (let at = this.#slots.indexOf(slot); at >= 0; at = this.#slots.indexOf(slot)) {\n      const [first] = this.#slots.splice(at, 1)',
    tests: [connection, wire],
  },
  {
    name: 'network/immediate-response-overtakes',
    breaks: 'a response that needs no waiting overtakes those before it',
    file: connectionSource,
    search: 'if (this.#slots.length > 0) this.#slots.push({ chunks, requestBytes: 0 })',
    replace: 'if (this.#slots.length < 0) this.#slots.push({ chunks, requestBytes: 0 })',
    tests: [connection, wire],
  },
  {
    name: 'network/unordered-requests-overlap',
    breaks: 'a request starts before the one sent before it has taken effect',
    file: connectionSource,
    search: 'this.#isBlocked = true\n',
    replace: '',
    tests: [connection, wire],
  },
  {
    name: 'network/frame-limit',
    breaks: 'any client fills the memory by announcing a large request',
    file: 'packages/broker/src/network/frame-reader.ts',
    search: 'if (size < 0 || size > this.#maxFrameBytes)',
    replace: 'if (size < 0)',
    tests: [frames],
  },
  {
    name: 'network/budget-ignored',
    breaks: 'queued.max.request.bytes does not hold',
    file: 'packages/broker/src/network/request-budget.ts',
    search: 'return this.#usedBytes < this.#maxBytes',
    replace: 'return this.#usedBytes >= 0',
    tests: [connection],
  },
  {
    name: 'network/budget-leaks',
    breaks: 'connections that break off use up the budget of all others',
    file: connectionSource,
    search: 'for (const slot of this.#slots) this.#options.budget.give(slot.requestBytes)',
    replace: '',
    tests: [connection],
  },
  {
    name: 'network/never-paused',
    breaks: 'a client that does not wait for answers fills the memory with requests',
    file: connectionSource,
    search: 'const shouldPause = !this.#mayStart() && this.#frames.bufferedBytes >= unreadBytesMax',
    replace: 'const shouldPause = false',
    tests: [connection],
  },
  {
    name: 'network/slow-reader',
    breaks: 'a client that takes no responses fills the memory with them',
    file: connectionSource,
    search: 'if (!this.#socket.write(chunks)) this.#isCongested = true',
    replace: 'this.#socket.write(chunks)',
    tests: [connection],
  },
  {
    name: 'api/order-lost-while-loading',
    breaks: 'pipelined batches are appended out of order while a log is being opened',
    file: dispatcher,
    search: 'ordered: handler.pipelined ? handled : finished',
    replace: 'ordered: undefined',
    tests: [produce, wire],
  },
  {
    name: 'api/unsettled-requests-overlap',
    breaks: 'a commit overtakes the one sent before it',
    file: dispatcher,
    search: 'return { response, ordered: handler.pipelined ? undefined : response }',
    replace: 'return { response, ordered: undefined }',
    tests: [wire, 'packages/broker/test/api/groups.test.ts'],
  },
  {
    name: 'api/acks-0-answered',
    breaks: 'a client with acks=0 takes the answer for that of its next request',
    file: produceSource,
    search: 'return request.acks === 0 ? finishUnacknowledged(responses, context) : waitForAll(responses, context)',
    replace: 'return waitForAll(responses, context)',
    tests: [produce, wire],
  },
  {
    name: 'api/answer-before-durable',
    breaks: 'a produce request is answered before its records are written',
    file: produceSource,
    search: '    await durable\n',
    replace: '',
    tests: [produce, records, 'packages/broker/test/broker.test.ts'],
  },
  {
    name: 'api/write-to-internal-topic',
    breaks: 'any producer rewrites the committed offsets',
    file: produceSource,
    search: 'if (topic.isInternal) return ErrorCodes.INVALID_TOPIC_EXCEPTION',
    replace: '',
    tests: [produce, records],
  },
  {
    name: 'api/min-insync-ignored',
    breaks: 'acks=all is acknowledged although min.insync.replicas cannot be met',
    file: produceSource,
    search: 'return ErrorCodes.NOT_ENOUGH_REPLICAS',
    replace: 'return ErrorCodes.NONE',
    tests: [produce, records],
  },
  {
    name: 'api/write-unauthorised',
    breaks: 'producing needs no permission',
    file: produceSource,
    search: "if (!context.allows('Write', 'Topic', topic.name)) return { errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED }",
    replace: '',
    tests: [authorization],
  },
  {
    name: 'api/read-unauthorised',
    breaks: 'fetching needs no permission',
    file: 'packages/broker/src/api/fetch-partition.ts',
    search: "if (!context.allows('Read', 'Topic', topic.name)) return failed(topic, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)",
    replace: '',
    tests: [authorization],
  },
  {
    name: 'api/min-bytes-ignored',
    breaks: 'fetch.min.bytes does not hold',
    file: waitSource,
    search: 'this.#sizeBytes() >= this.#limits.minBytes ||',
    replace: 'this.#sizeBytes() > 0 ||',
    tests: [fetch],
  },
  {
    name: 'api/long-poll-never-wakes',
    breaks: 'a waiting fetch gets new records only when fetch.max.wait.ms is over',
    file: waitSource,
    search: 'undo.push(partition.onAdvance(wake))',
    replace: 'undo.push(partition.onAdvance(() => undefined))',
    tests: [fetch],
  },
  {
    name: 'api/long-poll-never-ends',
    breaks: 'fetch.max.wait.ms does not hold',
    file: waitSource,
    search: 'clock.setTimer(this.#limits.maxWaitMs, () => this.#end())',
    replace: 'clock.setTimer(2_000_000_000, () => this.#end())',
    tests: [fetch],
  },
  {
    name: 'api/fetch-outlives-broker',
    breaks: 'the process of a broker that was closed lives on for the longest fetch.max.wait.ms',
    file: waitSource,
    search: 'const undo = [this.#context.connection.whenClosed(end), this.#context.cluster.whenClosing(end)]',
    replace: 'const undo: (() => void)[] = []',
    tests: [fetch],
  },
  {
    name: 'api/fetch-max-bytes-ignored',
    breaks: 'fetch.max.bytes does not hold over several partitions',
    file: waitSource,
    search: 'left -= read.sizeBytes',
    replace: '',
    tests: [fetch],
  },
  {
    name: 'api/fetch-isolation-ignored',
    breaks: 'read_committed consumers are sent open transactions',
    file: 'packages/broker/src/api/fetch.ts',
    search: "const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'",
    replace: "const isolation = request.isolationLevel === 2 ? 'read_committed' : 'read_uncommitted'",
    tests: [fetch],
  },
  {
    name: 'api/list-offsets-isolation-ignored',
    breaks: 'read_committed consumers wait for an end that they cannot reach',
    file: 'packages/broker/src/api/list-offsets.ts',
    search: "request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'",
    replace: "request.isolationLevel === 2 ? 'read_committed' : 'read_uncommitted'",
    tests: [records, fetch],
  },
  {
    name: 'api/stale-leader-epoch',
    breaks: 'a client that missed a change of leadership reads and writes on',
    file: lookUp,
    search: 'if (currentLeaderEpoch >= 0 && currentLeaderEpoch < state.leaderEpoch)',
    replace: 'if (currentLeaderEpoch >= 0 && currentLeaderEpoch < 0)',
    tests: [fetch, records, 'packages/broker/test/nodes/leaders.test.ts'],
  },
  {
    name: 'api/future-leader-epoch',
    breaks: 'a broker that missed a change of leadership serves clients that know of it',
    file: lookUp,
    search: 'if (currentLeaderEpoch > state.leaderEpoch) return { errorCode: ErrorCodes.UNKNOWN_LEADER_EPOCH, found: undefined }',
    replace: '',
    tests: [fetch, records],
  },
  {
    name: 'api/any-node-leads',
    breaks: 'two nodes append to one partition',
    file: lookUp,
    search: 'if (state.leaderId !== context.node.nodeId) return',
    replace: 'if (state.leaderId < -1) return',
    tests: [fetch, records, 'packages/broker/test/nodes/leaders.test.ts'],
  },
  {
    name: 'api/unknown-topic-id',
    breaks: 'clients do not learn that a topic was deleted and made anew',
    file: lookUp,
    search: 'return byId ? ErrorCodes.UNKNOWN_TOPIC_ID : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION',
    replace: 'return ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION',
    tests: [fetch, produce],
  },
  {
    name: 'api/divergence-unseen',
    breaks: 'a consumer does not learn that the log it has read was truncated',
    file: 'packages/broker/src/api/fetch-partition.ts',
    search: 'if (leaderEpoch === wanted.lastFetchedEpoch && endOffset >= wanted.fetchOffset) return undefined',
    replace: 'if (leaderEpoch >= 0) return undefined',
    tests: [fetch],
  },
]
