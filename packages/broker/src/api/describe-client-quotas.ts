/** DescribeClientQuotas (key 48): the quotas that match a filter (KIP-546). */

import type {
  DescribeClientQuotasRequest,
  DescribeClientQuotasRequestComponentData,
  DescribeClientQuotasResponseInput,
} from '@odradek/protocol'
import { describeClientQuotas, ErrorCodes } from '@odradek/protocol'
import type { QuotaEntity } from '../metadata/client-quotas.ts'
import { isQuotaEntityType } from '../quota/quota-keys.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

type Component = DescribeClientQuotasRequestComponentData

const MatchTypes = { Exact: 0, Default: 1, Specified: 2 } as const

export const describeClientQuotasHandler: ApiHandler = handler({
  api: describeClientQuotas,
  versions: [0, 1],
  authorize: [{ operation: 'DescribeConfigs', resource: 'Cluster' }],
  refuse: (_request, errorCode) => failed(errorCode, null),
  handle,
})

function handle(request: DescribeClientQuotasRequest, { cluster }: RequestContext): DescribeClientQuotasResponseInput {
  const problem = filterProblem(request.components)
  if (problem !== undefined) return problem
  const entries: NonNullable<DescribeClientQuotasResponseInput['entries']>[number][] = []
  for (const { entity, values } of cluster.metadata.image.quotas.entries) {
    if (!matches(entity, request)) continue
    entries.push({ entity, values: Array.from(values, ([key, value]) => ({ key, value })) })
  }
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, errorMessage: null, entries }
}

function failed(errorCode: number, errorMessage: string | null): DescribeClientQuotasResponseInput {
  return { throttleTimeMs: 0, errorCode, errorMessage, entries: null }
}

function invalid(message: string): DescribeClientQuotasResponseInput {
  return failed(ErrorCodes.INVALID_REQUEST, message)
}

function filterProblem(components: readonly Component[]): DescribeClientQuotasResponseInput | undefined {
  const seen = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') return invalid('Invalid empty entity type.')
    if (seen.has(entityType)) return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    if (!isQuotaEntityType(entityType)) return failed(ErrorCodes.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`)
    if (matchType < MatchTypes.Exact || matchType > MatchTypes.Specified) return invalid(`Unknown match type ${matchType}`)
    if ((matchType === MatchTypes.Exact) !== (match !== null)) {
      return invalid(`Match type ${matchType} of ${entityType} ${match === null ? 'needs a name' : 'takes no name'}.`)
    }
    seen.add(entityType)
  }
  return seen.has('ip') && seen.size > 1 ? invalid('An ip cannot be combined with a user or client-id in a filter.') : undefined
}

/** With `strict`, an entity has no part that the filter does not name. */
function matches(entity: QuotaEntity, { components, strict }: DescribeClientQuotasRequest): boolean {
  if (strict && entity.length !== components.length) return false
  return components.every(({ entityType, matchType, match }) => {
    const part = entity.find((candidate) => candidate.entityType === entityType)
    return part !== undefined && (matchType === MatchTypes.Specified || part.entityName === match)
  })
}
