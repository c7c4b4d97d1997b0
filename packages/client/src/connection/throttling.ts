/**
 * From which version of an API a client holds back by itself (KIP-219): brokers answer those at once and say for how long they will not
 * listen; before, they waited for that long before they answered.
 */

import type { AnyApi } from '@odradek/protocol'

/** Where it is not the first version. */
const firstVersions: Readonly<Record<string, number>> = {
  Produce: 6,
  Fetch: 8,
  ListOffsets: 3,
  Metadata: 6,
  OffsetCommit: 4,
  OffsetFetch: 4,
  FindCoordinator: 2,
  JoinGroup: 3,
  Heartbeat: 2,
  LeaveGroup: 2,
  SyncGroup: 2,
  DescribeGroups: 2,
  ListGroups: 2,
  ApiVersions: 2,
  CreateTopics: 3,
  DeleteTopics: 2,
  DeleteRecords: 1,
  InitProducerId: 1,
  AddPartitionsToTxn: 1,
  AddOffsetsToTxn: 1,
  EndTxn: 1,
  TxnOffsetCommit: 1,
  DescribeAcls: 1,
  CreateAcls: 1,
  DeleteAcls: 1,
  DescribeConfigs: 2,
  AlterConfigs: 1,
  AlterReplicaLogDirs: 1,
  DescribeLogDirs: 1,
  CreatePartitions: 1,
  CreateDelegationToken: 1,
  RenewDelegationToken: 1,
  ExpireDelegationToken: 1,
  DescribeDelegationToken: 1,
  DeleteGroups: 1,
}

/** Whether a throttle time in an answer of this version is the client's to keep. */
export function clientThrottles(api: AnyApi, version: number): boolean {
  return version >= (firstVersions[api.name] ?? 0)
}

/** The throttle time that a decoded response carries; 0 when it carries none. */
export function throttleTimeOf(response: unknown): number {
  if (typeof response !== 'object' || response === null || !('throttleTimeMs' in response)) return 0
  return typeof response.throttleTimeMs === 'number' ? Math.max(0, response.throttleTimeMs) : 0
}
