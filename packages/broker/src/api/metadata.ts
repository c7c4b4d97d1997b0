/** Metadata (key 3): nodes and topics; creates a topic that a client asks for when the configuration allows it. */

import type { MetadataRequest, MetadataResponseInput, MetadataResponseTopicInput } from '@odradek/protocol'
import { ErrorCodes, metadata, zeroUuid } from '@odradek/protocol'
import type { Topic } from '../metadata/topic.ts'
import { consumerOffsetsTopic, topicNameProblem } from '../metadata/topic-names.ts'
import { MetadataError } from '../metadata/topic-plan.ts'
import { clusterResource, operationsNotAsked } from './authorizer.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { clusterEndpoints } from './partition-lookup.ts'
import { viewPartition } from './partition-view.ts'

type TopicResponse = MetadataResponseTopicInput
type WantedTopic = NonNullable<MetadataRequest['topics']>[number]

export const metadataHandler: ApiHandler = handler({
  api: metadata,
  versions: [0, 13],
  authorize: [
    { operation: 'Describe', resource: 'Topic', perEntry: true },
    { operation: 'Create', resource: 'Topic', perEntry: true },
  ],
  refuse: (request, errorCode, context) =>
    respond(
      (request.topics ?? []).map(({ name, topicId }) => missing(name, topicId, errorCode)),
      request,
      context,
    ),
  handle,
})

function handle(request: MetadataRequest, context: RequestContext): MetadataResponseInput | Promise<MetadataResponseInput> {
  const { topics } = request
  if (topics === null || (context.apiVersion === 0 && topics.length === 0)) {
    const visible = [...context.cluster.topics.all()].filter((topic) => context.allows('Describe', 'Topic', topic.name))
    return respond(
      visible.map((topic) => describe(topic, request, context)),
      request,
      context,
    )
  }
  const known: TopicResponse[] = []
  const unknown: Promise<void>[] = []
  for (const [index, wanted] of topics.entries()) {
    const found = lookUp(wanted, request, context)
    if (found instanceof Promise) {
      unknown.push(
        found.then((topic) => {
          known[index] = topic
        }),
      )
    } else known[index] = found
  }
  if (unknown.length === 0) return respond(known, request, context)
  return Promise.all(unknown).then(() => respond(known, request, context))
}

function respond(topics: readonly TopicResponse[], request: MetadataRequest, context: RequestContext): MetadataResponseInput {
  const { cluster } = context
  return {
    throttleTimeMs: 0,
    brokers: clusterEndpoints(context),
    clusterId: cluster.clusterId,
    controllerId: cluster.controllerId,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? context.authorizedOperations('Cluster', clusterResource)
      : operationsNotAsked,
    errorCode: ErrorCodes.NONE,
  }
}

function lookUp(wanted: WantedTopic, request: MetadataRequest, context: RequestContext): TopicResponse | Promise<TopicResponse> {
  const { topics } = context.cluster
  if (wanted.name === null || wanted.topicId !== zeroUuid) {
    const topic = topics.byId(wanted.topicId)
    const isVisible = topic !== undefined && context.allows('Describe', 'Topic', topic.name)
    return isVisible ? describe(topic, request, context) : missing(null, wanted.topicId, ErrorCodes.UNKNOWN_TOPIC_ID)
  }
  const { name } = wanted
  if (!context.allows('Describe', 'Topic', name)) return missing(name, zeroUuid, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  const topic = topics.get(name)
  if (topic !== undefined) return describe(topic, request, context)
  if (topicNameProblem(name) !== undefined) return missing(name, zeroUuid, ErrorCodes.INVALID_TOPIC_EXCEPTION)
  if (!mayCreate(name, request, context)) return missing(name, zeroUuid, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  return create(name, request, context)
}

function mayCreate(name: string, request: MetadataRequest, context: RequestContext): boolean {
  return (
    request.allowAutoTopicCreation && context.cluster.config.get('auto.create.topics.enable') && context.allows('Create', 'Topic', name)
  )
}

async function create(name: string, request: MetadataRequest, context: RequestContext): Promise<TopicResponse> {
  const { topics } = context.cluster
  try {
    if (name === consumerOffsetsTopic) await context.cluster.createGroupTopic()
    return describe(await topics.ensure(name), request, context)
  } catch (error) {
    if (error instanceof MetadataError) return missing(name, zeroUuid, error.errorCode)
    throw error
  }
}

function describe(topic: Topic, request: MetadataRequest, context: RequestContext): TopicResponse {
  return {
    errorCode: ErrorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((state, partitionIndex) => ({ partitionIndex, ...viewPartition(state, context.cluster) })),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations
      ? context.authorizedOperations('Topic', topic.name)
      : operationsNotAsked,
  }
}

function missing(name: string | null, topicId: string, errorCode: number): TopicResponse {
  return { errorCode, name, topicId, isInternal: false, partitions: [], topicAuthorizedOperations: operationsNotAsked }
}
