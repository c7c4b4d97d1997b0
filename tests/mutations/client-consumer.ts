/** Faults in the consumer and in the connections that it shares with the producer. */

import type { Mutation } from './mutation.ts'

const consumer = 'packages/client/test/consumer/consumer.test.ts'
const fetched = 'packages/client/test/consumer/fetched-partition.test.ts'
const membership = 'packages/client/test/consumer/classic-membership.test.ts'
const connection = 'packages/client/test/connection/connection.test.ts'

const fetcher = 'packages/client/src/consumer/fetcher.ts'
const answers = 'packages/client/src/consumer/fetch-answers.ts'
const assigned = 'packages/client/src/consumer/assigned-partition.ts'
const partition = 'packages/client/src/consumer/fetched-partition.ts'
const facade = 'packages/client/src/consumer/kafka-consumer.ts'
const commits = 'packages/client/src/consumer/commits.ts'
const positions = 'packages/client/src/consumer/positions.ts'
const rebalances = 'packages/client/src/consumer/rebalances.ts'
const member = 'packages/client/src/consumer/membership/classic-membership.ts'
const socket = 'packages/client/src/connection/connection.ts'

export const consumerMutations: readonly Mutation[] = [
  {
    name: 'consumer/records-of-revoked',
    breaks: 'records of a partition that another member owns by now are handed over',
    file: fetcher,
    search: 'if (partition.chunks[0] !== chunk || this.#options.subscription.find(partition) !== partition) {',
    replace: 'if (partition.chunks[0] !== chunk) {',
    tests: [consumer],
  },
  {
    name: 'consumer/fetched-kept-by-seek',
    breaks: 'after a seek the records of the former position are handed over',
    file: assigned,
    search: 'this.forgetFetched()\n    this.position = offset',
    replace: 'this.position = offset',
    tests: [consumer],
  },
  {
    name: 'consumer/position-runs-ahead',
    breaks: 'the position passes records that the application has not been given, and so do commits',
    file: fetcher,
    search: 'partition.position = chunk.nextOffset',
    replace: 'partition.position = chunk.endOffset',
    tests: [consumer],
  },
  {
    name: 'consumer/commit-what-is-fetched',
    breaks: 'a commit covers records that are fetched and not handed over',
    file: facade,
    search: '({ topic, partition, position, positionEpoch, isSought }) =>',
    replace: '({ topic, partition, fetchOffset: position, positionEpoch, isSought }) =>',
    tests: [consumer],
  },
  {
    name: 'consumer/auto-commit-too-early',
    breaks: 'auto-commit covers the records that this poll returns, before they are handled',
    file: facade,
    search:
      'this.#commits?.autoCommit()\n      this.#positions.update()\n      const records = this.#fetcher.collect(this.#options.config.maxPollRecords)',
    replace:
      'this.#positions.update()\n      const records = this.#fetcher.collect(this.#options.config.maxPollRecords)\n      this.#commits?.autoCommit()',
    tests: [consumer],
  },
  {
    name: 'consumer/commits-overtake',
    breaks: 'a commit that is tried again overwrites a newer one',
    file: commits,
    search: 'const next = this.#last.then(commit)',
    replace: 'const next = commit()',
    tests: [consumer],
  },
  {
    name: 'consumer/commit-outside-generation',
    breaks: 'the coordinator cannot tell that a commit comes from a member that has lost its partitions',
    file: commits,
    search: 'generationIdOrMemberEpoch: membership?.generationId ?? -1,',
    replace: 'generationIdOrMemberEpoch: -1,',
    tests: [consumer],
  },
  {
    name: 'consumer/no-commit-before-revoking',
    breaks: 'every rebalance has records handled twice',
    file: rebalances,
    search: "if (release === 'revoked') await this.#commits.autoCommitFinal(deadlineMs)",
    replace: '',
    tests: [consumer],
  },
  {
    name: 'consumer/committed-ignored',
    breaks: 'a member starts where auto.offset.reset says instead of where the group was',
    file: positions,
    search: 'if (groupId !== null && uncommitted.length > 0) {',
    replace: 'if (groupId !== null && uncommitted.length < 0) {',
    tests: [consumer],
  },
  {
    name: 'consumer/reset-to-wrong-end',
    breaks: 'auto.offset.reset goes to the other end',
    file: 'packages/client/src/consumer/offset-reset.ts',
    search: "if (to === 'earliest') return EARLIEST_TIMESTAMP",
    replace: "if (to === 'latest') return EARLIEST_TIMESTAMP",
    tests: [consumer],
  },
  {
    name: 'consumer/out-of-range-to-earliest',
    breaks: 'an offset that is out of range has everything read again under auto.offset.reset=latest',
    file: answers,
    search: 'partition.reset(offsetReset)',
    replace: "partition.reset('earliest')",
    tests: [consumer],
  },
  {
    name: 'consumer/isolation-not-sent',
    breaks: 'read_committed is not asked of the broker',
    file: fetcher,
    search: "isolationLevel: config.isolationLevel === 'read_committed' ? 1 : 0,",
    replace: 'isolationLevel: 0,',
    tests: [consumer],
  },
  {
    name: 'consumer/records-of-paused',
    breaks: 'records of a paused partition are handed over',
    file: fetcher,
    search: '} else if (partition.isPaused) {',
    replace: '} else if (partition.isPaused && max < 0) {',
    tests: [consumer],
  },
  {
    name: 'consumer/stale-leader-unnoticed',
    breaks: 'a consumer asks a node that does not lead the partition any more for ever',
    file: answers,
    search: "if (action === 'refresh-metadata') retries.refreshMetadata()",
    replace: "if (action === 'refresh-metadata') return",
    tests: [consumer],
  },
  {
    name: 'consumer/crc-unchecked',
    breaks: 'damaged records are handed over',
    file: partition,
    search: 'if (this.#options.checkCrcs && !batchCrcIsValid(',
    replace: 'if (this.#buffer.length === 0 && !batchCrcIsValid(',
    tests: [fetched],
  },
  {
    name: 'consumer/aborted-shown',
    breaks: 'records of aborted transactions are handed over under read_committed',
    file: partition,
    search: 'return header.isControl || (header.isTransactional && this.#abortedProducers.has(header.producerId))',
    replace: 'return header.isControl',
    tests: [fetched],
  },
  {
    name: 'consumer/aborted-for-ever',
    breaks: 'what a producer commits after an aborted transaction is hidden with it',
    file: partition,
    search: 'if (header.isControl && this.#isAbortMarker(header, position)) this.#abortedProducers.delete(header.producerId)',
    replace: '',
    tests: [fetched],
  },
  {
    name: 'consumer/markers-shown',
    breaks: 'the markers that end transactions are handed over as records',
    file: partition,
    search: 'return header.isControl || (header.isTransactional',
    replace: 'return (header.isTransactional',
    tests: [fetched],
  },
  {
    name: 'consumer/records-before-position',
    breaks: 'after a restart the records of a batch that were handled already come again',
    file: partition,
    search: 'if (cursor.offset < from) continue',
    replace: '',
    tests: [fetched],
  },
  {
    name: 'consumer/max-poll-records-ignored',
    breaks: 'poll() returns more than max.poll.records',
    file: partition,
    search: '          left--\n',
    replace: '',
    tests: [fetched],
  },
  {
    name: 'consumer/stuck-on-compacted-end',
    breaks: 'a consumer fetches a batch whose last records were compacted away again and again',
    file: partition,
    search: 'this.nextOffset = Math.max(this.nextOffset, this.#lastOffset + 1)',
    replace: '',
    tests: [fetched],
  },
  {
    name: 'membership/one-heartbeat',
    breaks: 'members stop beating and are removed while they are at work',
    file: member,
    search: 'this.#nextHeartbeatMs = nowMs + this.#config.heartbeatIntervalMs',
    replace: 'this.#nextHeartbeatMs = Number.POSITIVE_INFINITY',
    tests: [membership],
  },
  {
    name: 'membership/never-expelled',
    breaks: 'an application that hangs keeps its partitions',
    file: member,
    search: 'if (this.#isMember && nowMs >= this.#pollEndMs) this.#expel()',
    replace: '',
    tests: [membership],
  },
  {
    name: 'membership/silent-coordinator',
    breaks: 'a member waits for ever for a coordinator that is gone',
    file: member,
    search: 'if (nowMs >= this.#sessionEndMs) {',
    replace: 'if (nowMs < 0) {',
    tests: [membership],
  },
  {
    name: 'membership/rebalance-forgotten',
    breaks: 'a change of the subscription during a rebalance is never told to the group',
    file: member,
    search: "if (this.#mustRejoin) this.#giveUp('revoked')",
    replace: '',
    tests: [membership],
  },
  {
    name: 'membership/stale-answer-believed',
    breaks: 'an answer to what was given up meanwhile changes the membership',
    file: member,
    search: 'if (this.#underWay !== send) return false',
    replace: '',
    tests: [membership],
  },
  {
    name: 'membership/identity-kept',
    breaks: 'a member that the group does not know joins with its former id for ever',
    file: member,
    search: "if (errorCode === ErrorCodes.UNKNOWN_MEMBER_ID) this.#memberId = ''",
    replace: '',
    tests: [membership],
  },
  {
    name: 'membership/revoked-when-lost',
    breaks: 'partitions that are another member’s by now are committed as if they were still owned',
    file: member,
    search: "this.#giveUp('lost')",
    replace: "this.#giveUp('revoked')",
    tests: [membership],
  },
  {
    name: 'connection/wrong-answer-taken',
    breaks: 'a request is resolved with the answer to another',
    file: socket,
    search: 'if (answered !== correlationId) throw',
    replace: 'if (answered < 0) throw',
    tests: [connection],
  },
  {
    name: 'connection/late-answer-awaited',
    breaks: 'request.timeout.ms does not hold',
    file: 'packages/client/src/connection/pending-requests.ts',
    search: 'if (request.deadlineMs <= now) {',
    replace: 'if (request.deadlineMs < 0) {',
    tests: [connection],
  },
  {
    name: 'connection/pending-forgotten',
    breaks: 'requests under way on a connection that breaks are never answered',
    file: socket,
    search: '      onError(error)\n',
    replace: '',
    tests: [connection],
  },
]
