/** The states of a transactional id. Source: KIP-98, KIP-664, KIP-890. */

/** As ListTransactions and DescribeTransactions spell them, each at the place of its number in `__transaction_state`. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const

export type TransactionStateName = (typeof transactionStates)[number]
