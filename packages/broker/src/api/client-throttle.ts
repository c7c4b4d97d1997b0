/** What produced and fetched bytes do to a client above its quota: the answer names the time, and its connection is muted for it (KIP-219). */

import type { ClientQuota } from '../quota/client-quota.ts'
import type { RequestContext } from './context.ts'

/** Counts the request as produced. Returns `throttleTimeMs` of the response. */
export function throttleProduce(context: RequestContext): number {
  const { produce } = context.cluster.quotas
  return mute(produce, produce.record(context.principal.name, context.clientId, context.requestBytes), context)
}

/** Counts what a fetch would return. Above 0 it is `throttleTimeMs` of a response that must then have no data. */
export function throttleFetch(sizeBytes: number, context: RequestContext): number {
  const { fetch } = context.cluster.quotas
  const { clientId, principal } = context
  const throttleMs = mute(fetch, fetch.record(principal.name, clientId, sizeBytes), context)
  if (throttleMs > 0) fetch.unrecord(principal.name, clientId, sizeBytes)
  return throttleMs
}

/** What one fetch may return so that its client's quota can ever allow it. */
export function fetchQuotaBytes({ cluster, principal, clientId }: RequestContext): number {
  return cluster.quotas.fetch.maxInWindow(principal.name, clientId)
}

function mute(quota: ClientQuota, throttleMs: number, { connection, principal, clientId }: RequestContext): number {
  if (throttleMs === 0) return 0
  quota.throttled(principal.name, clientId, throttleMs)
  connection.throttle(throttleMs)
  return throttleMs
}
