/** Faults in how the consumer fetches: sessions, truncation, replicas, limits, iteration. */

import type { Mutation } from './mutation.ts'

const session = 'packages/client/src/consumer/fetch-session.ts'
const answers = 'packages/client/src/consumer/fetch-answers.ts'
const assigned = 'packages/client/src/consumer/assigned-partition.ts'
const facade = 'packages/client/src/consumer/kafka-consumer.ts'
const iteration = 'packages/client/src/consumer/iteration.ts'

const sessionTest = 'packages/client/test/consumer/fetch-session.test.ts'
const fetching = 'packages/client/test/consumer/fetching.test.ts'
const iterating = 'packages/client/test/consumer/iterating.test.ts'
const patterns = 'packages/client/test/consumer/pattern-subscription.test.ts'

export const fetchingMutations: readonly Mutation[] = [
  {
    name: 'fetching/session-forgets-nothing',
    breaks: 'a broker goes on sending records of partitions that are paused or gone',
    file: session,
    search: 'for (const [key, old] of before) if (!now.has(key)) gone.push(old)',
    replace: '',
    tests: [sessionTest, fetching],
  },
  {
    name: 'fetching/session-lost-for-good',
    breaks: 'a session that the broker has lost is named again',
    file: session,
    search: 'if (errorCode === ErrorCodes.FETCH_SESSION_ID_NOT_FOUND) this.#id = NO_SESSION',
    replace: '',
    tests: [sessionTest],
  },
  {
    name: 'fetching/position-not-validated',
    breaks: 'after an unclean election a consumer reads on in a log that has not its past',
    file: assigned,
    search: 'return leaderEpoch >= 0 && leaderEpoch !== this.validatedEpoch',
    replace: 'return leaderEpoch < -1 && leaderEpoch !== this.validatedEpoch',
    tests: [fetching],
  },
  {
    name: 'fetching/truncation-overlooked',
    breaks: 'a leader that says where the epoch ended is not listened to',
    file: 'packages/client/src/consumer/position-validation.ts',
    search: 'if (isKnown && endOffset >= asked.offset) partition',
    replace: 'if (isKnown && endOffset >= 0) partition',
    tests: [fetching],
  },
  {
    name: 'fetching/replica-for-ever',
    breaks: 'a consumer never asks its leader again for a closer replica',
    file: assigned,
    search: 'this.#readReplica.untilMs <= nowMs',
    replace: 'this.#readReplica.untilMs < 0 && nowMs > 0',
    tests: [fetching],
  },
  {
    name: 'fetching/replica-resets-the-offset',
    breaks: 'a replica that lags behind sends the consumer back to the beginning',
    file: answers,
    search: 'if (!isReplica) this.#onOutOfRange(partition, errorCode)',
    replace: 'if (!isReplica || errorCode > 0) this.#onOutOfRange(partition, errorCode)',
    tests: [fetching],
  },
  {
    name: 'fetching/memory-without-bound',
    breaks: 'what is buffered does not count towards fetch.max.bytes',
    file: 'packages/client/src/consumer/fetch-plan.ts',
    search: 'return Math.max(0, this.#maxBytes - this.#bufferedBytes)',
    replace: 'return this.#maxBytes',
    tests: [fetching],
  },
  {
    name: 'fetching/large-batch-dropped',
    breaks: 'the records of a batch that is inflated in another thread are lost',
    file: 'packages/client/src/consumer/fetched-partition.ts',
    search: 'if (context === undefined) return this.isInflating',
    replace: 'if (context === undefined) return false',
    tests: ['packages/client/test/consumer/fetched-partition.test.ts'],
  },
  {
    name: 'iterating/unread-committed',
    breaks: 'a commit in a loop covers records that the loop has not reached',
    file: facade,
    search: 'const offset = record?.offset ?? position',
    replace: 'const offset = position ?? record?.offset',
    tests: [iterating],
  },
  {
    name: 'iterating/unread-lost',
    breaks: 'what a loop that is left has not reached is skipped',
    file: iteration,
    search: 'this.#options.subscription.find(record)?.seek(record.offset, record.leaderEpoch)',
    replace: 'this.#options.subscription.find(record)',
    tests: [iterating],
  },
  {
    name: 'iterating/records-of-others',
    breaks: 'a loop goes on with records of partitions that the group has given to others',
    file: iteration,
    search: 'if (this.#options.mayHandOver()) return',
    replace: 'if (this.#options.mayHandOver() || this.#handed > 0) return',
    tests: [iterating],
  },
  {
    name: 'iterating/void-records',
    breaks: 'a loop goes on with records that were sought away from, or come twice',
    file: iteration,
    search: 'if (partition === undefined || partition.isFresh) continue',
    replace: 'if (partition === undefined) continue',
    tests: [iterating],
  },
  {
    name: 'iterating/paused-handed-over',
    breaks: 'a loop goes on with records of a partition that is paused',
    file: iteration,
    search: 'if (partition.isPaused) paused.push(record)',
    replace: 'if (partition.isPaused) records.push(record)',
    tests: [iterating],
  },
  {
    name: 'iterating/resumed-waits',
    breaks: 'what is resumed waits for records of other partitions to come',
    file: iteration,
    search: 'if (this.#isPolling && records.length > 0) this.#options.wakeup()',
    replace: '',
    tests: [iterating],
  },
  {
    name: 'iterating/failed-committed',
    breaks: 'a record whose handler threw is committed when the consumer closes',
    file: facade,
    search: 'this.#positionsBefore(this.#iteration.unhandled())',
    replace: 'this.#positionsBefore(this.#iteration.unread())',
    tests: [iterating],
  },
  {
    name: 'iterating/auto-commit-goes-back',
    breaks: 'the auto-commit of close goes back behind what the application has committed itself',
    file: iteration,
    search: 'if (found !== undefined && found.offset > last.offset) this.#atHand = found',
    replace: '',
    tests: [iterating],
  },
  {
    name: 'iterating/two-loops',
    breaks: 'two loops over one consumer take records from each other',
    file: iteration,
    search: 'if (this.#loop !== undefined && this.#loop !== loop)',
    replace: 'if (this.#loop === loop)',
    tests: [iterating],
  },
  {
    name: 'iterating/turns-do-not-count',
    breaks: 'a loop over slow records is expelled though it takes part in rebalances with every turn',
    file: facade,
    search: '        this.#touch()\n        return',
    replace: '        return',
    tests: [iterating],
  },
  {
    name: 'pattern/internal-topics',
    breaks: 'a subscription to /./ reads __consumer_offsets',
    file: 'packages/client/src/consumer/topic-pattern.ts',
    search: '!(internal && this.#excludeInternal)',
    replace: '!(internal && !this.#excludeInternal)',
    tests: ['packages/client/test/consumer/topic-pattern.test.ts'],
  },
  {
    name: 'pattern/new-topics-unnoticed',
    breaks: 'a topic that is made later does not join a subscription by pattern',
    file: 'packages/client/src/consumer/followed-topics.ts',
    search: 'options.topics.onRefresh(() => this.#match())',
    replace: '',
    tests: [patterns],
  },
  {
    name: 'pattern/deleted-topic-holds-up',
    breaks: 'a rebalance waits a minute for the last commit of a topic that is no more',
    file: 'packages/client/src/consumer/commits.ts',
    search: "if (!(error instanceof BrokerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error",
    replace: 'throw error',
    tests: [patterns],
  },
]
