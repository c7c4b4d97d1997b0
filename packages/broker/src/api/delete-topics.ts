/** DeleteTopics (key 20): by name, or from version 6 by id. */

import type { DeleteTopicsRequest, DeleteTopicsResponseDeletableTopicResultInput, DeleteTopicsResponseInput } from '@odradek/protocol'
import { deleteTopics, ErrorCodes, zeroUuid } from '@odradek/protocol'
import { MetadataError } from '../metadata/topic-plan.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

interface Wanted {
  readonly name: string | null
  readonly topicId: string
}
type Result = DeleteTopicsResponseDeletableTopicResultInput

const deletionDisabledSince = 3
const statesSince = 6

export const deleteTopicsHandler: ApiHandler = handler({
  api: deleteTopics,
  versions: [1, 6],
  authorize: [{ operation: 'Delete', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode, context) => respond(wantedTopics(request, context).map((wanted) => failed(wanted, errorCode))),
  handle,
})

async function handle(request: DeleteTopicsRequest, context: RequestContext): Promise<DeleteTopicsResponseInput> {
  const wanted = wantedTopics(request, context)
  if (!context.cluster.config.get('delete.topic.enable')) {
    const errorCode = context.apiVersion < deletionDisabledSince ? ErrorCodes.INVALID_REQUEST : ErrorCodes.TOPIC_DELETION_DISABLED
    return respond(wanted.map((topic) => failed(topic, errorCode)))
  }
  const responses: Result[] = []
  for (const topic of wanted) {
    const isRepeated = wanted.some((other) => other !== topic && isSame(other, topic))
    responses.push(isRepeated ? failed(topic, ErrorCodes.INVALID_REQUEST, 'Duplicate topic.') : await deleteOne(topic, context))
  }
  return respond(responses)
}

function wantedTopics(request: DeleteTopicsRequest, context: RequestContext): readonly Wanted[] {
  if (context.apiVersion >= statesSince) return request.topics
  return request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
}

function isSame(left: Wanted, right: Wanted): boolean {
  return left.name === right.name && left.topicId === right.topicId
}

async function deleteOne(wanted: Wanted, context: RequestContext): Promise<Result> {
  const { topics } = context.cluster
  const { name, topicId } = wanted
  if ((name === null) === (topicId === zeroUuid)) {
    return failed(wanted, ErrorCodes.INVALID_REQUEST, 'Either the name or the id of a topic must be given, not both.')
  }
  const topic = name === null ? topics.byId(topicId) : topics.get(name)
  if (topic === undefined && name === null) return failed(wanted, ErrorCodes.UNKNOWN_TOPIC_ID)
  if (!context.allows('Delete', 'Topic', topic?.name ?? name ?? '')) {
    return failed({ name, topicId }, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  }
  try {
    const deleted = await topics.delete((image) => (name === null ? image.topicById(topicId) : image.topic(name)))
    return { name: deleted.name, topicId: deleted.id, errorCode: ErrorCodes.NONE, errorMessage: null }
  } catch (error) {
    if (error instanceof MetadataError) return failed(wanted, error.errorCode, error.message)
    throw error
  }
}

function failed({ name, topicId }: Wanted, errorCode: number, errorMessage: string | null = null): Result {
  return { name, topicId, errorCode, errorMessage }
}

function respond(responses: readonly Result[]): DeleteTopicsResponseInput {
  return { throttleTimeMs: 0, responses }
}
