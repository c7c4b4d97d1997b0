/** Every mutation. An area has a file of its own. */

import { compactionMutations } from './broker-compaction.ts'
import { coordinatorMutations } from './broker-coordinator.ts'
import { networkMutations } from './broker-network.ts'
import { nodeMutations } from './broker-nodes.ts'
import { partitionMutations } from './broker-partition.ts'
import { quotaMutations } from './broker-quotas.ts'
import { storageMutations } from './broker-storage.ts'
import { transactionMutations } from './broker-transactions.ts'
import { cliMutations } from './cli.ts'
import { connectionMutations } from './client-connections.ts'
import { consumerMutations } from './client-consumer.ts'
import { fetchingMutations } from './client-fetching.ts'
import { membershipMutations } from './client-membership.ts'
import { producerMutations } from './client-producer.ts'
import { recordMutations } from './client-records.ts'
import { clientTransactionMutations } from './client-transactions.ts'
import { historyMutations } from './history.ts'
import type { Mutation } from './mutation.ts'
import { protocolMutations } from './protocol.ts'
import { runtimeMutations } from './runtime.ts'

export const allMutations: readonly Mutation[] = [
  ...protocolMutations,
  ...runtimeMutations,
  ...partitionMutations,
  ...storageMutations,
  ...compactionMutations,
  ...quotaMutations,
  ...coordinatorMutations,
  ...transactionMutations,
  ...networkMutations,
  ...nodeMutations,
  ...producerMutations,
  ...recordMutations,
  ...clientTransactionMutations,
  ...consumerMutations,
  ...fetchingMutations,
  ...membershipMutations,
  ...connectionMutations,
  ...historyMutations,
  ...cliMutations,
]
