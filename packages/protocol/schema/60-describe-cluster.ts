/** DescribeCluster: brokers or controllers, the cluster's id and its controller (KIP-700). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeCluster',
  key: 60,
  versions: [0, 2],
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: bool,
    endpointType: int8.since(1).default(1),
    includeFencedBrokers: bool.since(2),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    endpointType: int8.since(1).default(1),
    clusterId: string,
    controllerId: int32.default(-1),
    brokers: array(
      struct('DescribeClusterBroker', {
        brokerId: int32.mapKey(),
        host: string,
        port: int32,
        rack: string.nullable().default(null),
        isFenced: bool.since(2),
      }),
    ),
    clusterAuthorizedOperations: int32.default(-2147483648),
  },
})

export default definition
