/** DescribeConfigs (key 32): settings of topics and of the broker, and where each comes from. */

import type {
  DescribeConfigsRequest,
  DescribeConfigsRequestResource,
  DescribeConfigsResponseInput,
  DescribeConfigsResponseResourceResultInput,
  DescribeConfigsResponseResultInput,
} from '@odradek/protocol'
import { describeConfigs, ErrorCodes } from '@odradek/protocol'
import { everyBroker } from '../metadata/dynamic-configs.ts'
import { ResourceTypes } from '../metadata/metadata-records.ts'
import { topicNameProblem } from '../metadata/topic-names.ts'
import { clusterResource } from './authorizer.ts'
import type { ConfigEntry } from './config-entries.ts'
import { brokerConfigEntries, clusterConfigEntries, topicConfigEntries } from './config-entries.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

type Result = DescribeConfigsResponseResultInput

export const describeConfigsHandler: ApiHandler = handler({
  api: describeConfigs,
  versions: [1, 4],
  notServed: ['Resources other than topics and brokers: INVALID_REQUEST.'],
  authorize: [
    { operation: 'DescribeConfigs', resource: 'Topic', perEntry: true },
    { operation: 'DescribeConfigs', resource: 'Cluster', perEntry: true },
  ],
  refuse: (request, errorCode) => ({ throttleTimeMs: 0, results: request.resources.map((resource) => failed(resource, errorCode, null)) }),
  handle,
})

function handle(request: DescribeConfigsRequest, context: RequestContext): DescribeConfigsResponseInput {
  return { throttleTimeMs: 0, results: request.resources.map((resource) => describe(resource, request, context)) }
}

function describe(resource: DescribeConfigsRequestResource, request: DescribeConfigsRequest, context: RequestContext): Result {
  switch (resource.resourceType) {
    case ResourceTypes.Topic:
      return describeTopic(resource, request, context)
    case ResourceTypes.Broker:
      return describeBroker(resource, request, context)
    default:
      return failed(resource, ErrorCodes.INVALID_REQUEST, `Unsupported resource type: ${resource.resourceType}`)
  }
}

function describeTopic(resource: DescribeConfigsRequestResource, request: DescribeConfigsRequest, context: RequestContext): Result {
  const { resourceName } = resource
  if (!context.allows('DescribeConfigs', 'Topic', resourceName)) return failed(resource, ErrorCodes.TOPIC_AUTHORIZATION_FAILED, null)
  const problem = topicNameProblem(resourceName)
  if (problem !== undefined) return failed(resource, ErrorCodes.INVALID_TOPIC_EXCEPTION, problem)
  const topic = context.cluster.topics.get(resourceName)
  if (topic === undefined) return failed(resource, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, null)
  return described(resource, topicConfigEntries(topic.configs, context.cluster.config), request)
}

function describeBroker(resource: DescribeConfigsRequestResource, request: DescribeConfigsRequest, context: RequestContext): Result {
  const { resourceName } = resource
  const { config } = context.cluster
  if (!context.allows('DescribeConfigs', 'Cluster', clusterResource)) return failed(resource, ErrorCodes.CLUSTER_AUTHORIZATION_FAILED, null)
  if (resourceName === everyBroker) return described(resource, clusterConfigEntries(config), request)
  if (resourceName === String(context.node.nodeId)) return described(resource, brokerConfigEntries(config), request)
  const message = `Unexpected broker id, expected ${context.node.nodeId}, or empty string, but received ${resourceName}`
  return failed(resource, ErrorCodes.INVALID_REQUEST, message)
}

function described(resource: DescribeConfigsRequestResource, entries: readonly ConfigEntry[], request: DescribeConfigsRequest): Result {
  const wanted = resource.configurationKeys
  const configs = entries
    .filter(({ name }) => wanted === null || wanted.length === 0 || wanted.includes(name))
    .map(
      (entry): DescribeConfigsResponseResourceResultInput => ({
        ...entry,
        synonyms: request.includeSynonyms ? entry.synonyms : [],
        documentation: request.includeDocumentation ? entry.documentation : null,
      }),
    )
  return { ...failed(resource, ErrorCodes.NONE, ''), configs }
}

function failed({ resourceType, resourceName }: DescribeConfigsRequestResource, errorCode: number, errorMessage: string | null): Result {
  return { errorCode, errorMessage, resourceType, resourceName, configs: [] }
}
