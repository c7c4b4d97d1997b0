/** CreateTopics (key 19). */

import type {
  CreateTopicsRequest,
  CreateTopicsResponseCreatableTopicConfigsInput,
  CreateTopicsResponseCreatableTopicResultInput,
  CreateTopicsResponseInput,
} from '@odradek/protocol'
import { createTopics, ErrorCodes, zeroUuid } from '@odradek/protocol'
import type { PlannedTopic } from '../metadata/topic-store.ts'
import { topicConfigEntries } from './config-entries.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

type TopicResult = CreateTopicsResponseCreatableTopicResultInput

export const createTopicsHandler: ApiHandler = handler({
  api: createTopics,
  versions: [2, 7],
  authorize: [{ operation: 'Create', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode) => ({ throttleTimeMs: 0, topics: request.topics.map(({ name }) => failed(name, errorCode, null)) }),
  handle,
})

async function handle(request: CreateTopicsRequest, context: RequestContext): Promise<CreateTopicsResponseInput> {
  const allowed = request.topics.filter(({ name }) => context.allows('Create', 'Topic', name))
  const outcomes = await context.cluster.topics.create(allowed, { validateOnly: request.validateOnly })
  const results = new Map<object, TopicResult>()
  allowed.forEach((spec, index) => {
    const outcome = outcomes[index]
    if (outcome?.value !== undefined) results.set(spec, created(spec.name, outcome.value, context))
    else if (outcome !== undefined) results.set(spec, failed(spec.name, outcome.error.errorCode, outcome.error.message))
  })
  const topics = new Map<string, TopicResult>()
  for (const spec of request.topics)
    topics.set(spec.name, results.get(spec) ?? failed(spec.name, ErrorCodes.TOPIC_AUTHORIZATION_FAILED, 'Authorization failed.'))
  return { throttleTimeMs: 0, topics: [...topics.values()] }
}

function created(name: string, planned: PlannedTopic, context: RequestContext): TopicResult {
  const result = { name, topicId: planned.id, errorCode: ErrorCodes.NONE, errorMessage: null }
  if (!context.allows('DescribeConfigs', 'Topic', name)) return { ...result, topicConfigErrorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED }
  return {
    ...result,
    numPartitions: planned.assignment.length,
    replicationFactor: planned.assignment[0]?.length ?? -1,
    configs: topicConfigEntries(planned.configs, context.cluster.config).map(configOf),
  }
}

function configOf(entry: ReturnType<typeof topicConfigEntries>[number]): CreateTopicsResponseCreatableTopicConfigsInput {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.readOnly,
    configSource: entry.configSource,
    isSensitive: entry.isSensitive,
  }
}

function failed(name: string, errorCode: number, errorMessage: string | null): TopicResult {
  return { name, topicId: zeroUuid, errorCode, errorMessage, numPartitions: -1, replicationFactor: -1, configs: [] }
}
