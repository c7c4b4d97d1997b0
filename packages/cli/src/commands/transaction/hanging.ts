/** Which open transactions nobody will end: no coordinator knows of them, so that readers of committed records wait for ever (KIP-664). */

import { type Admin, KafkaError, type ProducerDescription, type TopicPartition, type TransactionDescription } from '@odradek/client'

type TransactionQueries = Pick<Admin, 'describeProducers' | 'listTransactions' | 'describeTransactions'>

export interface HangingTransaction extends TopicPartition, ProducerDescription {
  /** Null: no transactional id has this producer. */
  readonly transactionalId: string | null
  readonly silentForMs: number
  readonly reason: string
}

/** Looks at transactions whose last batch is older than `olderThanMs`: a younger one may be under way. */
export async function findHanging(
  admin: TransactionQueries,
  partitions: readonly TopicPartition[],
  olderThanMs: number,
  nowMs: number,
): Promise<HangingTransaction[]> {
  const open = (await admin.describeProducers(partitions)).flatMap(({ topic, partition, producers }) =>
    producers
      .filter(({ transactionStartOffset, lastTimestamp }) => transactionStartOffset >= 0 && nowMs - lastTimestamp > olderThanMs)
      .map((producer) => ({ topic, partition, ...producer })),
  )
  if (open.length === 0) return []
  const known = await transactionsOf(admin, [...new Set(open.map(({ producerId }) => producerId))])
  return open.flatMap((candidate): HangingTransaction[] => {
    const transaction = known.get(candidate.producerId)
    const reason = whyHanging(candidate, transaction)
    if (reason === undefined) return []
    const silentForMs = nowMs - candidate.lastTimestamp
    return [{ ...candidate, transactionalId: transaction?.transactionalId ?? null, silentForMs, reason }]
  })
}

/** By producer id. */
export async function transactionsOf(
  admin: TransactionQueries,
  producerIds: readonly number[],
): Promise<Map<number, TransactionDescription>> {
  const listed = await admin.listTransactions({ producerIds })
  const described = await Promise.all(
    listed.map(async ({ transactionalId }) => {
      try {
        return await admin.describeTransactions([transactionalId])
      } catch (error) {
        // It has expired since it was listed.
        if (error instanceof KafkaError && error.code === 'TRANSACTIONAL_ID_NOT_FOUND') return []
        throw error
      }
    }),
  )
  return new Map(described.flat().map((transaction) => [transaction.producerId, transaction]))
}

/** Undefined: its coordinator knows that the partition is part of the transaction, and will end it there. */
export function whyHanging({ topic, partition }: TopicPartition, transaction: TransactionDescription | undefined): string | undefined {
  if (transaction === undefined) return 'no transactional id has this producer'
  const isPart = transaction.partitions.some((known) => known.topic === topic && known.partition === partition)
  return isPart ? undefined : `its coordinator has it as ${transaction.state}, without this partition`
}
