/** Faults in the checker of histories: a violation that it would not see, or one that it would invent. */

import type { Mutation } from './mutation.ts'

const writes = 'packages/history/test/rules/writes.test.ts'
const reads = 'packages/history/test/rules/reads.test.ts'
const groups = 'packages/history/test/rules/groups.test.ts'
const transactions = 'packages/history/test/rules/transactions.test.ts'
const stuck = 'packages/history/test/rules/stuck.test.ts'

const rules = 'packages/history/src/rules'
const model = 'packages/history/src/model'

export const historyMutations: readonly Mutation[] = [
  {
    name: 'history/lost-at-the-end',
    breaks: 'acknowledged records that are missing at the end of a log are not noticed',
    file: `${rules}/lost-write.ts`,
    search: 'tell(record, [line, model.line], `the log ends at ${end}`)',
    replace: '',
    tests: [writes],
  },
  {
    name: 'history/lost-in-the-middle',
    breaks: 'acknowledged records that every reader passes over are not noticed',
    file: `${rules}/lost-write.ts`,
    search: 'if (record.readLine === 0) tell(record, [line]',
    replace: 'if (record.readLine < 0) tell(record, [line]',
    tests: [writes],
  },
  {
    name: 'history/acknowledged-while-asking',
    breaks: 'a record that was acknowledged after the question for the end counts as lost',
    file: `${rules}/lost-write.ts`,
    search: 'record.ackLine > line || ',
    replace: '',
    tests: [writes],
  },
  {
    name: 'history/leader-acks-binding',
    breaks: 'with acks=1 a record counts as lost although its leader may have failed',
    file: `${model}/requirement.ts`,
    search: 'return record.producer?.options.acks !== 1 || model.health.lastFaultLine < record.ackLine',
    replace: 'return true',
    tests: [writes],
  },
  {
    name: 'history/compacted-is-lost',
    breaks: 'a record that gave way to a later one of its key counts as lost',
    file: `${model}/requirement.ts`,
    search: 'return (log.lastOffsetOfKey.get(key) ?? -1) > offset',
    replace: 'return false',
    tests: [writes],
  },
  {
    name: 'history/duplicates-allowed',
    breaks: 'a record of an idempotent producer that is there twice is not noticed',
    file: `${rules}/duplicate.ts`,
    search: 'if (record.producer === undefined || record.producer.mayDuplicate || reported.has(record)) return',
    replace: 'if (record.producer === undefined || record.producer.options.idempotent === true || reported.has(record)) return',
    tests: [writes],
  },
  {
    name: 'history/order-unchecked',
    breaks: 'records that lie in another order than they were sent in are not noticed',
    file: `${rules}/reordering.ts`,
    search: 'if (before === undefined || before.invokeLine < record.invokeLine) {',
    replace: 'if (before === undefined || before.invokeLine !== record.invokeLine) {',
    tests: [writes],
  },
  {
    name: 'history/position-unchecked',
    breaks: 'a consumer that is taken back is not noticed',
    file: `${rules}/non-monotonic-poll.ts`,
    search: 'if (position < 0 || offset >= position) return',
    replace: 'if (position < 0 || offset >= position - 1) return',
    tests: [reads],
  },
  {
    name: 'history/open-transaction-read',
    breaks: 'a record that is read while its transaction is open is not noticed',
    file: `${rules}/uncommitted-read.ts`,
    search: "transaction.state !== 'open') return",
    replace: "transaction.state !== 'aborting') return",
    tests: [transactions],
  },
  {
    name: 'history/aborted-later',
    breaks: 'a record that was read before its transaction was aborted is not noticed',
    file: `${rules}/aborted-read.ts`,
    search: "if (transaction.state !== 'aborted' || !transaction.wasRead) return",
    replace: "if (transaction.state !== 'open') return",
    tests: [transactions],
  },
  {
    name: 'history/two-owners-unseen',
    breaks: 'two owners of a partition in one generation are not noticed',
    file: `${rules}/two-owners.ts`,
    search: 'if (owner !== undefined && owner.consumer !== consumer) {',
    replace: 'if (owner !== undefined && owner.consumer === consumer) {',
    tests: [groups],
  },
  {
    name: 'history/commit-set-back',
    breaks: 'a group that gets back less than it has committed is not noticed',
    file: `${rules}/lost-commit.ts`,
    search: 'if (commit.line > operation.line || answer >= lowest) continue',
    replace: 'if (commit.line > operation.line || answer >= lowest - 1) continue',
    tests: [groups],
  },
  {
    name: 'history/uncertain-commit-certain',
    breaks: 'a group that gets back a commit whose outcome was unknown counts as wrong',
    file: `${model}/group.ts`,
    search: 'if (mayHappen) commit.uncertain.add(offset)',
    replace: '',
    tests: [groups],
  },
  {
    name: 'history/hole-between-members',
    breaks: 'records between what one member read and what the next did are not noticed',
    file: `${rules}/unseen.ts`,
    search: 'if (from > next && next < end) holes.push({ from: next, to: Math.min(from, end) })',
    replace: '',
    tests: [reads, groups],
  },
  {
    name: 'history/output-twice',
    breaks: 'a pipeline that has two outputs for one input is not noticed',
    file: `${rules}/exactly-once.ts`,
    search: 'if (certain.length < 2 && !isMissing) return',
    replace: 'if (!isMissing) return',
    tests: [transactions],
  },
  {
    name: 'history/successor-ignored',
    breaks: 'a producer that goes on after a successor has taken over is not noticed',
    file: `${rules}/fenced-producer.ts`,
    search: 'if (fencedLine === 0 || fencedLine > line) return',
    replace: 'if (fencedLine >= 0) return',
    tests: [transactions],
  },
  {
    name: 'history/patient-with-the-stuck',
    breaks: 'a consumer that is never given the records that are there is not noticed',
    file: `${rules}/stuck-consumer.ts`,
    search: '< options.stuckAfterMs || told.has(reading)) continue',
    replace: '>= 0) continue',
    tests: [stuck],
  },
]
