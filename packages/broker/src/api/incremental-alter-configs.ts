/** IncrementalAlterConfigs (key 44). */

import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsRequestAlterableConfig,
  IncrementalAlterConfigsRequestAlterConfigsResource,
  IncrementalAlterConfigsResponseInput,
} from '@odradek/protocol'
import { ErrorCodes, incrementalAlterConfigs } from '@odradek/protocol'
import { MetadataError } from '../metadata/topic-plan.ts'
import type { ConfigOutcome } from './config-changes.ts'
import { changeConfigs, joinElements, listElements, outcome } from './config-changes.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

type Resource = IncrementalAlterConfigsRequestAlterConfigsResource

const Operations = { Set: 0, Delete: 1, Append: 2, Subtract: 3 } as const

export const incrementalAlterConfigsHandler: ApiHandler = handler({
  api: incrementalAlterConfigs,
  versions: [0, 1],
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

async function handle(request: IncrementalAlterConfigsRequest, context: RequestContext): Promise<IncrementalAlterConfigsResponseInput> {
  const responses: ConfigOutcome[] = []
  for (const resource of request.resources) {
    const problem = repetitionProblem(resource, request)
    if (problem !== undefined) responses.push(outcome(resource, ErrorCodes.INVALID_REQUEST, problem))
    else responses.push(await changeConfigs(resource, (current) => applied(resource, current, context), request.validateOnly, context))
  }
  return { throttleTimeMs: 0, responses }
}

function repetitionProblem(resource: Resource, { resources }: IncrementalAlterConfigsRequest): string | undefined {
  const isSame = (other: Resource): boolean => other.resourceType === resource.resourceType && other.resourceName === resource.resourceName
  if (resources.filter(isSame).length > 1) return 'Each resource must appear at most once.'
  if (new Set(resource.configs.map(({ name }) => name)).size < resource.configs.length) return 'Error due to duplicate config keys'
  return undefined
}

function applied(resource: Resource, current: ReadonlyMap<string, string>, context: RequestContext): ReadonlyMap<string, string> {
  const next = new Map(current)
  for (const config of resource.configs) {
    const value = operate(resource, config, current.get(config.name), context)
    if (value === undefined) next.delete(config.name)
    else next.set(config.name, value)
  }
  return next
}

/** The new text of a setting; undefined takes it back. */
function operate(
  resource: Resource,
  { name, configOperation, value }: IncrementalAlterConfigsRequestAlterableConfig,
  current: string | undefined,
  context: RequestContext,
): string | undefined {
  if (configOperation === Operations.Delete) return undefined
  if (value === null) throw new MetadataError(ErrorCodes.INVALID_REQUEST, `Null value not supported for : ${name}`)
  const elements = value.split(',').map((element) => element.trim())
  switch (configOperation) {
    case Operations.Set:
      return value
    case Operations.Append:
      return joinElements([...new Set([...listElements(resource, name, current, context), ...elements])])
    case Operations.Subtract:
      return joinElements(listElements(resource, name, current, context).filter((element) => !elements.includes(element)))
    default:
      throw new MetadataError(ErrorCodes.INVALID_REQUEST, `Unknown config operation ${configOperation}`)
  }
}
