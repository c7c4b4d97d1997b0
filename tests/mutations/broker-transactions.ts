/** Faults in the broker's half of transactions. */

import type { Mutation } from './mutation.ts'

const unit = 'packages/broker/test/coordinator/transaction'
const epochs = `${unit}/epochs.test.ts`
const lifecycle = `${unit}/lifecycle.test.ts`
const crash = `${unit}/crash.test.ts`
const troubles = 'packages/broker/test/api/transaction-troubles.test.ts'
const wire = 'packages/broker/test/api/transactions.test.ts'
const producers = 'packages/broker/test/partition/producers.test.ts'

const sources = 'packages/broker/src/coordinator/transaction'
const machine = `${sources}/transaction-machine.ts`
const end = `${sources}/end-transaction.ts`
const init = `${sources}/init-producer.ts`
const transaction = `${sources}/transaction.ts`
const markers = `${sources}/transaction-markers.ts`
const membership = 'packages/broker/src/api/transaction-membership.ts'
const markerWriter = `${sources}/marker-writer.ts`
const groupState = 'packages/broker/src/coordinator/group/group-state.ts'
const partition = 'packages/broker/src/partition/partition.ts'

export const transactionMutations: readonly Mutation[] = [
  {
    name: 'transactions/no-fence',
    breaks: 'two producers with one transactional id both go on',
    file: init,
    search: 'const bumped = producerEpoch + 1',
    replace: 'const bumped = Math.max(0, producerEpoch)',
    tests: [epochs],
  },
  {
    name: 'transactions/no-epoch-bump',
    breaks: 'what is late of one transaction gets into the next',
    file: end,
    search: 'producerEpoch: Math.min(transaction.producerEpoch + 1, maxProducerEpoch),\n    nextProducerId',
    replace: 'producerEpoch: transaction.producerEpoch,\n    nextProducerId',
    tests: [epochs, wire],
  },
  {
    name: 'transactions/commit-after-abort',
    breaks: 'a producer is told that its aborted transaction is committed',
    file: end,
    search: "transaction.state === 'Empty' || wasCommitted !== commits",
    replace: "transaction.state === 'Empty'",
    tests: [epochs],
  },
  {
    name: 'transactions/markers-before-decision',
    breaks: 'after a crash a transaction is committed in some partitions and open in others',
    file: machine,
    search: 'return { records: [transactionRecord(transaction)], durable: () => this.#end(transaction.transactionalId) }',
    replace:
      'void this.#markers.write(transaction, this.#options.coordinatorEpoch())\n    return { records: [transactionRecord(transaction)], durable: () => undefined }',
    tests: [lifecycle],
  },
  {
    name: 'transactions/forget-prepared',
    breaks: 'a transaction that was about to end when the broker died stays open for ever',
    file: machine,
    search: 'for (const transaction of this.#transactions.values()) if (isPreparing(transaction)) this.#end(transaction.transactionalId)',
    replace: '',
    tests: [lifecycle, epochs, crash],
  },
  {
    name: 'transactions/complete-without-all-markers',
    breaks: 'a partition without a leader keeps a transaction open that its coordinator thinks is over',
    file: markers,
    search: 'while (left.size > 0) {',
    replace: 'if (left.size > 0) {',
    tests: [lifecycle],
  },
  {
    name: 'transactions/complete-before-markers',
    breaks: 'after a crash a transaction is open for ever in partitions whose coordinator thinks that it is over',
    file: markerWriter,
    search: 'await partition.whenDurable(result.lastOffset)',
    replace: 'void partition.whenDurable(result.lastOffset)',
    tests: [crash],
  },
  {
    name: 'transactions/refused-marker-given-up',
    breaks: 'a partition whose disk was full keeps a transaction open that its coordinator thinks is over',
    file: markerWriter,
    search: "${index}: ${reason}`)\n    }\n    return 'again'",
    replace: "${index}: ${reason}`)\n    }\n    return 'done'",
    tests: [troubles],
  },
  {
    name: 'transactions/never-time-out',
    breaks: 'a dead producer holds up everyone who reads committed records',
    file: machine,
    search: "return state === 'Ongoing' && startTimestampMs + timeoutMs < this.#nowMs()",
    replace: "return state === 'Ongoing' && startTimestampMs + timeoutMs < 0",
    tests: [lifecycle],
  },
  {
    name: 'transactions/expire-open-ones',
    breaks: 'an open transaction is forgotten by its coordinator',
    file: machine,
    search: 'isAtRest(transaction) && transaction.lastUpdateTimestampMs <= oldestMs',
    replace: 'transaction.lastUpdateTimestampMs <= oldestMs',
    tests: [lifecycle],
  },
  {
    name: 'transactions/keep-partitions',
    breaks: 'a transaction ends in partitions that only the one before wrote to',
    file: transaction,
    search: "state: transaction.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',\n    partitions: noPartitions,",
    replace: "state: transaction.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',",
    tests: [lifecycle, wire],
  },
  {
    name: 'transactions/offsets-at-once',
    breaks: 'offsets of an aborted transaction are committed: its input is never read again',
    file: groupState,
    search: 'if (producerId < 0) this.offsets.put(group, topic, partition, stored)',
    replace: 'if (producerId < 0 || producerId >= 0) this.offsets.put(group, topic, partition, stored)',
    tests: [wire],
  },
  {
    name: 'transactions/aborted-offsets-count',
    breaks: 'offsets of an aborted transaction are committed: its input is never read again',
    file: groupState,
    search: 'if (ended === undefined || !isCommitted) return',
    replace: 'if (ended === undefined) return',
    tests: [wire],
  },
  {
    name: 'transactions/late-wake',
    breaks: 'whoever waits for the transaction before to end sleeps on when it has',
    file: 'packages/broker/src/coordinator/transaction/transaction-coordinator.ts',
    search: 'for (const wake of this.#waiting.get(transactionalId) ?? []) wake()',
    replace: '',
    tests: ['packages/broker/test/coordinator/transaction/lifecycle.test.ts'],
  },
  {
    name: 'transactions/any-partition',
    breaks: 'a batch that comes after its transaction has ended opens one that nobody will end',
    file: partition,
    search: 'else if (isClient && header.isTransactional) this.#checkMembership(header)',
    replace: '',
    tests: [producers, wire],
  },
  {
    name: 'transactions/stale-admission',
    breaks: 'a batch that is overtaken by its own marker opens a transaction that nobody will end',
    file: partition,
    search: 'if (marker !== undefined) this.#guard.drop(header.producerId)\n    else if',
    replace: 'if',
    tests: [producers],
  },
  {
    name: 'transactions/fenced-in-other-words',
    breaks: 'a fenced producer is told by a partition what only coordinators say',
    file: membership,
    search: 'if (errorCode === ErrorCodes.PRODUCER_FENCED) return ErrorCodes.INVALID_PRODUCER_EPOCH',
    replace: '',
    tests: [wire],
  },
]
