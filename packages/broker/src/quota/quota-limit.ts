/** Which of the quotas that have been set counts for a client, in Kafka's order of precedence. */

import type { ClientQuotas } from '../metadata/client-quotas.ts'
import type { QuotaEntityPart } from '../metadata/metadata-records.ts'

export interface QuotaLimit {
  readonly limit: number
  /** Whose use is added up against it; empty where the quota does not tell users, or client ids, apart. */
  readonly user: string
  readonly clientId: string
}

/** Undefined when no quota of this key is for the client. */
export function findClientLimit(quotas: ClientQuotas, key: string, user: string, clientId: string): QuotaLimit | undefined {
  const userPart = part('user', user)
  const clientPart = part('client-id', clientId)
  const defaultUser = part('user', null)
  const defaultClient = part('client-id', null)
  const candidates: readonly (readonly [parts: readonly QuotaEntityPart[], user: string, clientId: string])[] = [
    [[userPart, clientPart], user, clientId],
    [[userPart, defaultClient], user, clientId],
    [[userPart], user, ''],
    [[defaultUser, clientPart], user, clientId],
    [[defaultUser, defaultClient], user, clientId],
    [[defaultUser], user, ''],
    [[clientPart], '', clientId],
    [[defaultClient], '', clientId],
  ]
  for (const [entity, countedUser, countedClientId] of candidates) {
    const limit = quotas.values(entity).get(key)
    if (limit !== undefined) return { limit, user: countedUser, clientId: countedClientId }
  }
  return undefined
}

export function findIpLimit(quotas: ClientQuotas, key: string, ip: string): number | undefined {
  return quotas.values([part('ip', ip)]).get(key) ?? quotas.values([part('ip', null)]).get(key)
}

function part(entityType: string, entityName: string | null): QuotaEntityPart {
  return { entityType, entityName }
}
