/** Fetch (key 1): whole batches, at once or as soon as there are enough bytes, in full or within a session (KIP-227). */

import type { FetchRequest, FetchResponseInput } from '@odradek/protocol'
import { ErrorCodes, fetch } from '@odradek/protocol'
import { fetchQuotaBytes, throttleFetch } from './client-throttle.ts'
import type { RequestContext } from './context.ts'
import type { FetchTarget } from './fetch-partition.ts'
import { failedPartition, resolveTarget } from './fetch-partition.ts'
import type { FetchAnswer } from './fetch-response.ts'
import { failedFetch, fetchResponse } from './fetch-response.ts'
import type { FetchEntries, FetchSession } from './fetch-session.ts'
import { entriesOf, finalEpoch, initialEpoch, nextEpoch } from './fetch-session.ts'
import { waitForFetch } from './fetch-wait.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

const topicIdsSince = 13
const divergingEpochSince = 12
const noSession = 0

export const fetchHandler: ApiHandler = handler({
  api: fetch,
  versions: [4, 18],
  notServed: ['Fetches by replicas.'],
  authorize: [{ operation: 'Read', resource: 'Topic', perEntry: true }],
  refuse: (_request, errorCode) => failedFetch(errorCode, noSession),
  handle,
})

/** What a request fetches. The partitions of an incremental one are those of its session. */
interface FetchScope {
  readonly kind: 'sessionless' | 'full' | 'incremental'
  readonly entries: FetchEntries
  readonly session?: FetchSession
}

async function handle(request: FetchRequest, context: RequestContext): Promise<FetchResponseInput> {
  const byId = context.apiVersion >= topicIdsSince
  const scope = scopeOf(request, byId, context)
  if (typeof scope === 'number') return failedFetch(scope, noSession)
  const targets: FetchTarget[] = []
  const unknown: FetchTarget[] = []
  const refused: FetchTarget[] = []
  for (const entry of Array.from(scope.entries.values())) {
    const resolving = resolveTarget(entry, byId, context)
    const target = resolving instanceof Promise ? await resolving : resolving
    if (target.errorCode === ErrorCodes.UNKNOWN_TOPIC_ID) unknown.push(target)
    else if (target.isRefused) refused.push(target)
    else targets.push(target)
  }
  const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
  const maxBytes = Math.min(request.maxBytes, context.cluster.config.get('fetch.max.bytes'), fetchQuotaBytes(context))
  const limits = { minBytes: Math.min(request.minBytes, maxBytes), maxBytes, maxWaitMs: request.maxWaitMs, isolation } as const
  const data = await waitForFetch(targets, limits, context)
  const throttleTimeMs = throttleFetch(
    data.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    context,
  )
  if (throttleTimeMs > 0) return { ...failedFetch(ErrorCodes.NONE, scope.session?.id ?? noSession), throttleTimeMs }
  const answers = targets.map((target, index): FetchAnswer => ({ target, data: data[index] ?? undelivered(target) }))
  for (const target of [...unknown, ...refused]) {
    answers.push({ target, data: { ...failedPartition(target.wanted.partition, target.errorCode), abortedTransactions: [] } })
  }
  return respond(request, scope, answers, byId, context)
}

function undelivered({ wanted }: FetchTarget): FetchAnswer['data'] {
  return failedPartition(wanted.partition, ErrorCodes.UNKNOWN_SERVER_ERROR)
}

/** Begins, continues or ends a session as the request says; an error code when it cannot. */
function scopeOf(request: FetchRequest, byId: boolean, context: RequestContext): FetchScope | number {
  const { topics, fetchSessions } = context.cluster
  const sessions = fetchSessions(context.node.nodeId)
  const nameOf = (topicId: string): string => topics.byId(topicId)?.name ?? ''
  const { sessionId, sessionEpoch } = request
  const session = sessions.get(sessionId)
  if (sessionEpoch === finalEpoch || sessionEpoch === initialEpoch) {
    if (session !== undefined) sessions.remove(session)
    return { kind: sessionEpoch === finalEpoch ? 'sessionless' : 'full', entries: entriesOf(request.topics, byId, nameOf) }
  }
  if (session === undefined) return ErrorCodes.FETCH_SESSION_ID_NOT_FOUND
  if (session.epoch !== sessionEpoch) return ErrorCodes.INVALID_FETCH_SESSION_EPOCH
  if (session.usesTopicIds !== byId) return ErrorCodes.FETCH_SESSION_TOPIC_ID_ERROR
  const goesOn = sessions.use(session, () => session.update(request, nameOf))
  if (!goesOn) return { kind: 'sessionless', entries: entriesOf(request.topics, byId, nameOf) }
  session.epoch = nextEpoch(sessionEpoch)
  return { kind: 'incremental', entries: session.entries, session }
}

function respond(
  request: FetchRequest,
  { kind, session }: FetchScope,
  answers: readonly FetchAnswer[],
  byId: boolean,
  context: RequestContext,
): FetchResponseInput {
  // The session learned of the fetcher's epochs in a later version.
  const isUnspeakable = context.apiVersion < divergingEpochSince && answers.some(({ data }) => data.divergingEpoch !== undefined)
  if (isUnspeakable) return failedFetch(ErrorCodes.UNSUPPORTED_VERSION, request.sessionId)
  if (session !== undefined) {
    // Another request has used the session while this one waited: the fetcher has asked twice.
    if (session.epoch !== nextEpoch(request.sessionEpoch)) return failedFetch(ErrorCodes.INVALID_FETCH_SESSION_EPOCH, session.id)
    return fetchResponse(
      session.id,
      answers.filter(({ target, data }) => session.tell(target.entry, data)),
      byId,
      context,
    )
  }
  if (kind === 'sessionless') return fetchResponse(noSession, answers, byId, context)
  const entries: FetchEntries = new Map()
  for (const { target, data } of answers) {
    target.entry.told(data)
    entries.set(target.entry.key, target.entry)
  }
  const created = context.cluster.fetchSessions(context.node.nodeId).create(entries, byId)
  return fetchResponse(created?.id ?? noSession, answers, byId, context)
}
