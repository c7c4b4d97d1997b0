/** Metadata: brokers, topics, partitions and their leaders. Version 12 lets a topic be named by id alone. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'Metadata',
  key: 3,
  versions: [0, 13],
  flexible: 9,
  request: {
    topics: array(
      struct('MetadataRequestTopic', {
        topicId: uuid.since(10).ignorable(),
        name: string.nullable(10),
      }),
    ).nullable(1),
    allowAutoTopicCreation: bool.since(4).default(true),
    includeClusterAuthorizedOperations: bool.versions(8, 10),
    includeTopicAuthorizedOperations: bool.since(8),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    brokers: array(
      struct('MetadataResponseBroker', {
        nodeId: int32.mapKey(),
        host: string,
        port: int32,
        rack: string.since(1).nullable().default(null).ignorable(),
      }),
    ),
    clusterId: string.since(2).nullable().default(null).ignorable(),
    controllerId: int32.since(1).default(-1).ignorable(),
    topics: array(
      struct('MetadataResponseTopic', {
        errorCode: int16,
        name: string.nullable(12).mapKey(),
        topicId: uuid.since(10).ignorable(),
        isInternal: bool.since(1).default(false).ignorable(),
        partitions: array(
          struct('MetadataResponsePartition', {
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: int32.since(7).default(-1).ignorable(),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: array(int32).since(5).ignorable(),
          }),
        ),
        topicAuthorizedOperations: int32.since(8).default(-2147483648),
      }),
    ),
    clusterAuthorizedOperations: int32.versions(8, 10).default(-2147483648),
    errorCode: int16.since(13).ignorable(),
  },
})

export default definition
