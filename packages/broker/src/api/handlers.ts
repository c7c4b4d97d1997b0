/** Every API that is served. ApiVersions and docs/compatibility.md are made of this list. */

import { apiVersionsHandler } from './api-versions.ts'
import { createTopicsHandler } from './create-topics.ts'
import { deleteGroupsHandler } from './delete-groups.ts'
import { describeGroupsHandler } from './describe-groups.ts'
import { fetchHandler } from './fetch.ts'
import { findCoordinatorHandler } from './find-coordinator.ts'
import type { ApiHandler } from './handler.ts'
import { heartbeatHandler } from './heartbeat.ts'
import { joinGroupHandler } from './join-group.ts'
import { leaveGroupHandler } from './leave-group.ts'
import { listGroupsHandler } from './list-groups.ts'
import { listOffsetsHandler } from './list-offsets.ts'
import { metadataHandler } from './metadata.ts'
import { offsetCommitHandler } from './offset-commit.ts'
import { offsetDeleteHandler } from './offset-delete.ts'
import { offsetFetchHandler } from './offset-fetch.ts'
import { produceHandler } from './produce.ts'
import { syncGroupHandler } from './sync-group.ts'

/** By API key, in ascending order. */
export function createHandlers(): ReadonlyMap<number, ApiHandler> {
  const byKey = new Map<number, ApiHandler>()
  const handlers = [
    produceHandler,
    fetchHandler,
    listOffsetsHandler,
    metadataHandler,
    offsetCommitHandler,
    offsetFetchHandler,
    findCoordinatorHandler,
    joinGroupHandler,
    heartbeatHandler,
    leaveGroupHandler,
    syncGroupHandler,
    describeGroupsHandler,
    listGroupsHandler,
    apiVersionsHandler(() => byKey.values()),
    createTopicsHandler,
    deleteGroupsHandler,
    offsetDeleteHandler,
  ]
  for (const handler of handlers.sort((left, right) => left.api.key - right.api.key)) byKey.set(handler.api.key, handler)
  return byKey
}
