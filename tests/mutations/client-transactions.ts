/** Faults in the client's transactions. */

import type { Mutation } from './mutation.ts'

const unit = 'packages/client/test/transaction/transactions.test.ts'
const states = 'packages/client/test/transaction/transaction-state.test.ts'
const storage = 'packages/broker/test/partition/producers.test.ts'

const transactions = 'packages/client/src/transaction/transactions.ts'
const requests = 'packages/client/src/transaction/coordinator-requests.ts'
const table = 'packages/client/src/transaction/transaction-state.ts'
const errors = 'packages/client/src/transaction/transaction-error.ts'

export const clientTransactionMutations: readonly Mutation[] = [
  {
    name: 'client-transactions/write-before-adding',
    breaks: 'under the first protocol a batch goes out before the coordinator knows of its partition',
    file: transactions,
    search: 'if (!this.#requests.isSecondProtocol) {',
    replace: 'if (!this.#requests.isSecondProtocol && partition.partition < 0) {',
    tests: [unit],
  },
  {
    name: 'client-transactions/held-by-the-last-end',
    breaks: 'every transaction that follows at once waits 20 ms at Apache Kafka for the markers of the one before',
    file: 'packages/client/src/transaction/last-end.ts',
    search: 'if (isSoon && this.#late >= lateInARow)',
    replace: 'if (isSoon && this.#late > 99)',
    tests: ['packages/client/test/transaction/last-end.test.ts'],
  },
  {
    name: 'client-transactions/late-record',
    breaks: 'a batch that comes back after its transaction is given up is sent again, into the next one',
    file: 'packages/client/src/producer/deliveries.ts',
    search: 'if (transactions?.abandonedBy !== undefined) {',
    replace: 'if (transactions?.abandonedBy !== undefined && batch.attempts > 99) {',
    tests: [unit],
  },
  {
    name: 'client-transactions/epoch-kept',
    breaks: 'a record in doubt leaves the producer with the epoch under which it may yet be written',
    file: transactions,
    search: "if (verdict === 'abort-and-bump') this.#needsBump = true",
    replace: "if (verdict === 'abort-and-bump' && this.state === 'READY') this.#needsBump = true",
    tests: [unit],
  },
  {
    name: 'client-transactions/zeroes-for-none',
    breaks: 'the first InitProducerId claims to be producer 0 in epoch 0',
    file: requests,
    search: 'producerId: current?.producerId ?? -1, producerEpoch: current?.epoch ?? -1',
    replace: 'producerId: current?.producerId ?? 0, producerEpoch: current?.epoch ?? 0',
    tests: [unit],
  },
  {
    name: 'client-transactions/failure-committed',
    breaks: 'a transaction of which a record failed is committed without it',
    file: transactions,
    search: 'const failure = this.#abandonedBy ?? this.#stoppedBy',
    replace: 'const failure = this.#stoppedBy',
    tests: [unit],
  },
  {
    name: 'client-transactions/fencing-forgiven',
    breaks: 'a fenced producer believes that an abort will do',
    file: errors,
    search: "INVALID_PRODUCER_EPOCH: 'fatal',",
    replace: "INVALID_PRODUCER_EPOCH: 'abort',",
    tests: [unit],
  },
  {
    name: 'client-transactions/end-untold',
    breaks: 'transaction() says nothing of it when the producer is fenced, and the program goes on with it',
    file: transactions,
    search: 'if (end instanceof KafkaError && end.fatal && end !== error) throw causedBy(end, error)',
    replace: '',
    tests: [unit],
  },
  {
    name: 'client-transactions/fencing-unexplained',
    breaks: 'who shares a transactional.id with another is told of an epoch, and not why',
    file: 'packages/client/src/producer/deliveries.ts',
    search: 'const error = this.#options.transactions?.explain(refusal) ?? refusal',
    replace: 'const error = refusal',
    tests: [unit],
  },
  {
    name: 'client-transactions/unknown-forgiven',
    breaks: 'after an error that the tables do not know a producer goes on as if an abort would do',
    file: errors,
    search: "if (!(error instanceof BrokerError)) return 'fatal'",
    replace: "if (!(error instanceof BrokerError)) return 'abort'",
    tests: [unit],
  },
  {
    name: 'client-transactions/unchecked-offsets',
    breaks: 'an offset that is none ends the producer, and leaves its transaction open',
    file: transactions,
    search: '    checkOffsets(offsets)\n',
    replace: '',
    tests: [unit],
  },
  {
    name: 'client-transactions/offsets-left-out',
    breaks: 'a transaction is committed without the offsets that were refused as arguments',
    file: 'packages/client/src/producer/kafka-producer.ts',
    search: 'await Promise.all(offsetsSent)',
    replace: '',
    tests: [unit],
  },
  {
    name: 'client-transactions/given-up-is-fatal',
    breaks: 'a producer whose transaction fails while its offsets wait can do no more',
    file: transactions,
    search: 'if (error instanceof Error && error === this.#abandonedBy) throw error',
    replace: '',
    tests: [unit],
  },
  {
    name: 'client-transactions/anonymous-offsets',
    breaks: 'offsets are sent in nobody’s name, so that a member that was replaced is not refused',
    file: requests,
    search: '      generationId,\n      memberId,\n',
    replace: '',
    tests: [unit],
  },
  {
    name: 'client-transactions/end-skipped',
    breaks: 'a transaction that the coordinator knows of is left open',
    file: transactions,
    search: 'if (!this.#hasBegun) return',
    replace: 'if (!this.#hasBegun || !committed) return',
    tests: [unit],
  },
  {
    name: 'client-transactions/commit-after-failure',
    breaks: 'the table lets a failed transaction be committed',
    file: table,
    search: "'commitTransaction()': ['IN_TRANSACTION'],",
    replace: "'commitTransaction()': ['IN_TRANSACTION', 'ABORTABLE_ERROR'],",
    tests: [states],
  },
  {
    name: 'client-transactions/second-protocol-anywhere',
    breaks: 'versions of the second protocol are spoken to brokers that have not finalised it',
    file: 'packages/client/src/connection/versions.ts',
    search: 'const since = level >= 2 ? undefined : secondProtocolSince.get(apiKey)',
    replace: 'const since = level >= 0 ? undefined : secondProtocolSince.get(apiKey)',
    tests: [unit],
  },
  {
    name: 'client-transactions/aborts-not-recovered',
    breaks: 'after a crash aborted records are shown whose markers lie between the snapshot and the scan',
    file: 'packages/broker/src/storage/log-loader.ts',
    search: 'if (aborted === undefined || at < untilSegment) return true',
    replace: 'if (aborted === undefined || at <= untilSegment) return true',
    tests: [storage],
  },
]
