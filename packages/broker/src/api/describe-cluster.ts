/** DescribeCluster (key 60). */

import type { DescribeClusterRequest, DescribeClusterResponseInput } from '@odradek/protocol'
import { describeCluster, ErrorCodes } from '@odradek/protocol'
import { clusterResource, operationsNotAsked } from './authorizer.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { clusterEndpoints } from './partition-lookup.ts'

const brokerEndpoints = 1
const controllerEndpoints = 2

export const describeClusterHandler: ApiHandler = handler({
  api: describeCluster,
  versions: [0, 2],
  authorize: [{ operation: 'Describe', resource: 'Cluster', perEntry: true }],
  refuse: (request, errorCode, context) => failed(request, errorCode, context),
  handle,
})

function handle(request: DescribeClusterRequest, context: RequestContext): DescribeClusterResponseInput {
  if (request.endpointType === controllerEndpoints) return failed(request, ErrorCodes.MISMATCHED_ENDPOINT_TYPE, context)
  if (request.endpointType !== brokerEndpoints) return failed(request, ErrorCodes.UNSUPPORTED_ENDPOINT_TYPE, context)
  const { nodes, registeredNodes } = context.cluster
  // A node that was stopped is what Kafka calls fenced.
  const endpoints = clusterEndpoints(context, request.includeFencedBrokers ? registeredNodes : nodes)
  return {
    ...failed(request, ErrorCodes.NONE, context),
    controllerId: context.cluster.controllerId,
    brokers: endpoints.map(({ nodeId, host, port, rack }) => ({ brokerId: nodeId, host, port, rack, isFenced: !nodes.has(nodeId) })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? context.authorizedOperations('Cluster', clusterResource)
      : operationsNotAsked,
  }
}

function failed({ endpointType }: DescribeClusterRequest, errorCode: number, { cluster }: RequestContext): DescribeClusterResponseInput {
  return { throttleTimeMs: 0, errorCode, endpointType, clusterId: cluster.clusterId, controllerId: -1, brokers: [] }
}
