/** OffsetDelete (47): committed offsets of topics that no member of the group subscribes to (KIP-496). */

import { ErrorCodes, offsetDelete, type OffsetDeleteRequest, type OffsetDeleteResponseTopicInput } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import { codeOf, coordinatorError, mergeByName } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'

interface AskedTopic {
  readonly name: string
  readonly partitions: readonly number[]
}

export const offsetDeleteHandler: ApiHandler = handler({
  api: offsetDelete,
  versions: [0, 0],
  authorize: [
    { operation: 'Delete', resource: 'Group', names: (request) => [request.groupId] },
    { operation: 'Read', resource: 'Topic', perEntry: true },
  ],
  refuse: (_request, errorCode) => ({ errorCode, throttleTimeMs: 0, topics: [] }),
  async handle(request, context) {
    const error = coordinatorError(request.groupId, context)
    if (request.groupId !== '' && error !== ErrorCodes.NONE) return { errorCode: error, throttleTimeMs: 0, topics: [] }
    const { accepted, refused } = checkTopics(request, context)
    try {
      const deleted = await context.cluster.groups.deleteOffsets(request.groupId, accepted)
      return { errorCode: ErrorCodes.NONE, throttleTimeMs: 0, topics: mergeByName([...deleted, ...refused]) }
    } catch (thrown) {
      return { errorCode: codeOf(thrown), throttleTimeMs: 0, topics: [] }
    }
  },
})

function checkTopics(
  request: OffsetDeleteRequest,
  context: RequestContext,
): { accepted: AskedTopic[]; refused: OffsetDeleteResponseTopicInput[] } {
  const accepted: AskedTopic[] = []
  const refused: OffsetDeleteResponseTopicInput[] = []
  for (const { name, partitions: asked } of request.topics) {
    const partitions = asked.map(({ partitionIndex }) => partitionIndex)
    const topic = context.cluster.topics.get(name)
    if (!context.allows('Read', 'Topic', name)) {
      refused.push(failTopic(name, partitions, ErrorCodes.TOPIC_AUTHORIZATION_FAILED))
      continue
    }
    const known = partitions.filter((partition) => topic?.partitions[partition] !== undefined)
    const unknown = partitions.filter((partition) => topic?.partitions[partition] === undefined)
    if (known.length > 0) accepted.push({ name, partitions: known })
    if (unknown.length > 0) refused.push(failTopic(name, unknown, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION))
  }
  return { accepted, refused }
}

function failTopic(name: string, partitions: readonly number[], errorCode: number): OffsetDeleteResponseTopicInput {
  return { name, partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode })) }
}
