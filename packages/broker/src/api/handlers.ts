/** Every API that is served. ApiVersions and docs/compatibility.md are made of this list. */

import { alterClientQuotasHandler } from './alter-client-quotas.ts'
import { alterConfigsHandler } from './alter-configs.ts'
import { apiVersionsHandler } from './api-versions.ts'
import { createPartitionsHandler } from './create-partitions.ts'
import { createTopicsHandler } from './create-topics.ts'
import { deleteRecordsHandler } from './delete-records.ts'
import { deleteTopicsHandler } from './delete-topics.ts'
import { describeClientQuotasHandler } from './describe-client-quotas.ts'
import { describeClusterHandler } from './describe-cluster.ts'
import { describeConfigsHandler } from './describe-configs.ts'
import { describeLogDirsHandler } from './describe-log-dirs.ts'
import { describeProducersHandler } from './describe-producers.ts'
import { describeTopicPartitionsHandler } from './describe-topic-partitions.ts'
import { electLeadersHandler } from './elect-leaders.ts'
import { fetchHandler } from './fetch.ts'
import { groupHandlers } from './group-handlers.ts'
import type { ApiHandler } from './handler.ts'
import { incrementalAlterConfigsHandler } from './incremental-alter-configs.ts'
import { listConfigResourcesHandler } from './list-config-resources.ts'
import { listOffsetsHandler } from './list-offsets.ts'
import { metadataHandler } from './metadata.ts'
import { offsetForLeaderEpochHandler } from './offset-for-leader-epoch.ts'
import { produceHandler } from './produce.ts'
import { transactionHandlers } from './transaction-handlers.ts'

/** By API key, in ascending order. */
export function createHandlers(): ReadonlyMap<number, ApiHandler> {
  const byKey = new Map<number, ApiHandler>()
  const handlers = [
    produceHandler,
    fetchHandler,
    listOffsetsHandler,
    metadataHandler,
    apiVersionsHandler(() => byKey.values()),
    createTopicsHandler,
    alterClientQuotasHandler,
    alterConfigsHandler,
    createPartitionsHandler,
    deleteRecordsHandler,
    deleteTopicsHandler,
    describeClientQuotasHandler,
    describeClusterHandler,
    describeConfigsHandler,
    describeLogDirsHandler,
    describeProducersHandler,
    describeTopicPartitionsHandler,
    electLeadersHandler,
    incrementalAlterConfigsHandler,
    listConfigResourcesHandler,
    offsetForLeaderEpochHandler,
    ...groupHandlers,
    ...transactionHandlers,
  ]
  for (const handler of handlers.sort((left, right) => left.api.key - right.api.key)) byKey.set(handler.api.key, handler)
  return byKey
}
