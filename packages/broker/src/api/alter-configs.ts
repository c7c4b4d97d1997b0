/** AlterConfigs (key 33): replaces all settings of a resource. */

import type { AlterConfigsRequest, AlterConfigsRequestResource, AlterConfigsResponseInput } from '@odradek/protocol'
import { alterConfigs, ErrorCodes } from '@odradek/protocol'
import { MetadataError } from '../metadata/topic-plan.ts'
import type { ConfigOutcome } from './config-changes.ts'
import { changeConfigs, outcome } from './config-changes.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

export const alterConfigsHandler: ApiHandler = handler({
  api: alterConfigs,
  versions: [0, 2],
  notServed: ['Resources other than topics and brokers: INVALID_REQUEST.'],
  authorize: [
    { operation: 'AlterConfigs', resource: 'Topic', perEntry: true },
    { operation: 'AlterConfigs', resource: 'Cluster', perEntry: true },
  ],
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    responses: request.resources.map((resource) => outcome(resource, errorCode, null)),
  }),
  handle,
})

async function handle(request: AlterConfigsRequest, context: RequestContext): Promise<AlterConfigsResponseInput> {
  const responses: ConfigOutcome[] = []
  for (const resource of request.resources) {
    const isSame = (other: AlterConfigsRequestResource): boolean =>
      other.resourceType === resource.resourceType && other.resourceName === resource.resourceName
    if (request.resources.filter(isSame).length > 1) {
      responses.push(outcome(resource, ErrorCodes.INVALID_REQUEST, 'Each resource must appear at most once.'))
    } else responses.push(await changeConfigs(resource, () => wantedConfigs(resource), request.validateOnly, context))
  }
  return { throttleTimeMs: 0, responses }
}

function wantedConfigs({ configs }: AlterConfigsRequestResource): Map<string, string> {
  const wanted = new Map<string, string>()
  for (const { name, value } of configs) {
    if (value === null) throw new MetadataError(ErrorCodes.INVALID_REQUEST, `Null value not supported for : ${name}`)
    wanted.set(name, value)
  }
  return wanted
}
