/** CreatePartitions (key 37). */

import type { CreatePartitionsRequest, CreatePartitionsResponseInput, CreatePartitionsResponseTopicResultInput } from '@odradek/protocol'
import { createPartitions, ErrorCodes } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

type Result = CreatePartitionsResponseTopicResultInput

export const createPartitionsHandler: ApiHandler = handler({
  api: createPartitions,
  versions: [0, 3],
  authorize: [{ operation: 'Alter', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode) => ({ throttleTimeMs: 0, results: request.topics.map(({ name }) => failed(name, errorCode, null)) }),
  handle,
})

async function handle(request: CreatePartitionsRequest, context: RequestContext): Promise<CreatePartitionsResponseInput> {
  const results = new Map<string, Result>()
  const growths: { name: string; total: number; assignment: number[][] }[] = []
  for (const { name, count, assignments } of request.topics) {
    const isRepeated = request.topics.filter((other) => other.name === name).length > 1
    if (isRepeated) results.set(name, failed(name, ErrorCodes.INVALID_REQUEST, 'Duplicate topic name.'))
    else if (!context.allows('Alter', 'Topic', name)) results.set(name, failed(name, ErrorCodes.TOPIC_AUTHORIZATION_FAILED, null))
    else growths.push({ name, total: count, assignment: (assignments ?? []).map(({ brokerIds }) => brokerIds) })
  }
  const outcomes = await context.cluster.topics.grow(growths, { validateOnly: request.validateOnly })
  growths.forEach(({ name }, index) => {
    const error = outcomes[index]?.error
    results.set(name, error === undefined ? failed(name, ErrorCodes.NONE, null) : failed(name, error.errorCode, error.message))
  })
  return { throttleTimeMs: 0, results: [...results.values()] }
}

function failed(name: string, errorCode: number, errorMessage: string | null): Result {
  return { name, errorCode, errorMessage }
}
