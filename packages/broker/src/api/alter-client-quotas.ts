/** AlterClientQuotas (key 49): sets quotas and takes them back, entity by entity (KIP-546). */

import type {
  AlterClientQuotasRequest,
  AlterClientQuotasRequestEntryData,
  AlterClientQuotasResponseEntryDataInput,
  AlterClientQuotasResponseInput,
} from '@odradek/protocol'
import { alterClientQuotas, ErrorCodes } from '@odradek/protocol'
import type { ClientQuotas } from '../metadata/client-quotas.ts'
import { keyOf } from '../metadata/client-quotas.ts'
import type { ClientQuotaRecord } from '../metadata/metadata-records.ts'
import { isQuotaEntityType, quotaKeys, quotaKeysWithoutEffect } from '../quota/quota-keys.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

type Entry = AlterClientQuotasRequestEntryData

export const alterClientQuotasHandler: ApiHandler = handler({
  api: alterClientQuotas,
  versions: [0, 1],
  notServed: ['request_percentage and controller_mutation_rate: INVALID_REQUEST, as they would have no effect.'],
  authorize: [{ operation: 'AlterConfigs', resource: 'Cluster' }],
  refuse: (request, errorCode) => ({ throttleTimeMs: 0, entries: request.entries.map((entry) => outcome(entry, errorCode, null)) }),
  handle,
})

async function handle(request: AlterClientQuotasRequest, { cluster }: RequestContext): Promise<AlterClientQuotasResponseInput> {
  const entries = await cluster.metadata.change(({ quotas }) => {
    const seen = new Set<string>()
    const records: ClientQuotaRecord[] = []
    const result = request.entries.map((entry) => {
      const problem = entityProblem(entry) ?? repetitionProblem(entry, seen) ?? valuesProblem(entry)
      if (problem !== undefined) return outcome(entry, ErrorCodes.INVALID_REQUEST, problem)
      if (!request.validateOnly) records.push(...changes(entry, quotas))
      return outcome(entry, ErrorCodes.NONE, null)
    })
    return { records, result }
  })
  return { throttleTimeMs: 0, entries }
}

function outcome({ entity }: Entry, errorCode: number, errorMessage: string | null): AlterClientQuotasResponseEntryDataInput {
  return { errorCode, errorMessage, entity }
}

function entityProblem({ entity }: Entry): string | undefined {
  if (entity.length === 0) return 'Invalid empty client quota entity'
  const types = new Set<string>()
  for (const { entityType, entityName } of entity) {
    if (types.has(entityType)) return `Invalid client quota entity, duplicate entity entry ${entityType}`
    if (!isQuotaEntityType(entityType)) return `Unhandled client quota entity type: ${entityType}`
    if (entityName === '') return `Empty ${entityType} not supported`
    if (entityType === 'ip' && entityName !== null && !isAddress(entityName)) return `${entityName} is not a valid IP address`
    types.add(entityType)
  }
  return types.has('ip') && types.size > 1 ? 'An ip cannot be combined with a user or client-id in a client quota entity' : undefined
}

function repetitionProblem({ entity, ops }: Entry, seen: Set<string>): string | undefined {
  const key = keyOf(entity)
  if (seen.has(key)) return 'Each client quota entity must appear at most once.'
  seen.add(key)
  return new Set(ops.map((op) => op.key)).size < ops.length ? 'Each quota key of an entity must appear at most once.' : undefined
}

function valuesProblem({ entity, ops }: Entry): string | undefined {
  const kind = entity.some(({ entityType }) => entityType === 'ip') ? 'ip' : 'client'
  for (const { key, value, remove } of ops) {
    if (remove) continue
    if (kind === 'client' && quotaKeysWithoutEffect.has(key)) return `This broker does not act on ${key}`
    if (!Object.hasOwn(quotaKeys, key) || quotaKeys[key]?.kind !== kind) return `Invalid configuration key ${key}`
    if (!(value > 0) || !Number.isFinite(value)) return `Quota ${key} must be a number greater than 0`
    if (quotaKeys[key].isInteger && !Number.isInteger(value)) return `Configuration ${key} must be a Long value`
  }
  return undefined
}

/** What the entity does not have already. */
function changes({ entity, ops }: Entry, quotas: ClientQuotas): ClientQuotaRecord[] {
  const current = quotas.values(entity)
  return ops.flatMap(({ key, value, remove }): ClientQuotaRecord[] => {
    const isSame = remove ? !current.has(key) : current.get(key) === value
    return isSame ? [] : [{ type: 'client-quota', entity, key, value: remove ? 0 : value, remove }]
  })
}

function isAddress(text: string): boolean {
  const parts = text.split('.')
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return true
  return text.includes(':') && /^[\da-f:.]+(%\w+)?$/i.test(text)
}
