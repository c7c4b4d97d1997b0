/** ListConfigResources (key 74): what has a configuration. Version 0 knows subscriptions to client metrics alone, of which there are none. */

import type {
  ListConfigResourcesRequest,
  ListConfigResourcesResponseConfigResourceInput,
  ListConfigResourcesResponseInput,
} from '@odradek/protocol'
import { ErrorCodes, listConfigResources } from '@odradek/protocol'
import { ResourceTypes } from '../metadata/metadata-records.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

type Resource = ListConfigResourcesResponseConfigResourceInput

const everyTypeSince = 1
const everyType: readonly number[] = Object.values(ResourceTypes)

export const listConfigResourcesHandler: ApiHandler = handler({
  api: listConfigResources,
  versions: [0, 1],
  authorize: [{ operation: 'DescribeConfigs', resource: 'Cluster' }],
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, configResources: [] }),
  handle,
})

function handle(request: ListConfigResourcesRequest, context: RequestContext): ListConfigResourcesResponseInput {
  const types =
    context.apiVersion < everyTypeSince
      ? [ResourceTypes.ClientMetrics]
      : request.resourceTypes.length === 0
        ? everyType
        : request.resourceTypes
  if (types.some((type) => !everyType.includes(type)))
    return { throttleTimeMs: 0, errorCode: ErrorCodes.UNSUPPORTED_VERSION, configResources: [] }
  const configResources = [...new Set(types)].flatMap((resourceType): Resource[] =>
    resourceNames(resourceType, context).map((resourceName) => ({ resourceName, resourceType })),
  )
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, configResources }
}

function resourceNames(resourceType: number, { cluster }: RequestContext): string[] {
  switch (resourceType) {
    case ResourceTypes.Topic:
      return [...cluster.topics.all()].map(({ name }) => name)
    case ResourceTypes.Broker:
      return [...cluster.nodes.keys()].map(String)
    default:
      return cluster.metadata.image.configuredResources(resourceType)
  }
}
