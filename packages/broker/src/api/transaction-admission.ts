/** Produce requests of transactions: whether their batches may begin in the partitions that they are for. */

import type { ProducerIdentity } from '../coordinator/transaction/init-producer.ts'
import type { Partition } from '../partition/partition.ts'
import type { RequestContext } from './context.ts'
import { joinTransaction, verifyInTransaction } from './transaction-membership.ts'

/** TRANSACTION_ABORTABLE. */
const abortableSince = 11
/** A partition becomes part of the transaction that writes to it, without AddPartitionsToTxn. */
const addsPartitionSince = 12

/** A partition that the transaction of a batch begins in. */
export interface Beginning {
  readonly partition: Partition
  readonly producer: ProducerIdentity
}

/** Asks the coordinator whether the transaction may begin in these partitions: at once for all, as each change of it is a write. */
export async function admit(begun: readonly Beginning[], transactionalId: string, context: RequestContext): Promise<void> {
  const { apiVersion, cluster } = context
  const adds = apiVersion >= addsPartitionSince
  const knowsAbortable = apiVersion >= abortableSince
  const settle = ({ partition, producer }: Beginning, errorCode: number): void => {
    partition.admit(producer.producerId, { producerEpoch: producer.producerEpoch, errorCode, beginsAtZero: adds })
  }
  const verify = async (beginning: Beginning): Promise<void> => {
    const { partition, producer } = beginning
    const asked = { transactionalId, producer, knowsAbortable }
    settle(beginning, await verifyInTransaction(cluster, asked, partition.topic, partition.partition))
  }
  const join = async (together: readonly [Beginning, ...Beginning[]]): Promise<void> => {
    const asked = { transactionalId, producer: together[0].producer, knowsAbortable }
    const errorCode = await joinTransaction(cluster, asked, partitionsOf(together))
    for (const beginning of together) settle(beginning, errorCode)
  }
  await Promise.all(adds ? byProducer(begun).map(join) : begun.map(verify))
}

/** One group, unless a client mixes the batches of several producers. */
function byProducer(begun: readonly Beginning[]): [Beginning, ...Beginning[]][] {
  const groups = new Map<string, [Beginning, ...Beginning[]]>()
  for (const beginning of begun) {
    const { producerId, producerEpoch } = beginning.producer
    const key = `${producerId} ${producerEpoch}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [beginning])
    else group.push(beginning)
  }
  return [...groups.values()]
}

function partitionsOf(begun: readonly Beginning[]): Map<string, Set<number>> {
  const partitions = new Map<string, Set<number>>()
  for (const { partition } of begun) {
    const indexes = partitions.get(partition.topic) ?? new Set()
    partitions.set(partition.topic, indexes.add(partition.partition))
  }
  return partitions
}
