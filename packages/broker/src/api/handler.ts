/** The shape of an API: one file an API key exports one handler; ApiVersions and docs/compatibility.md are derived from the list. */

import type { AnyApi, Api } from '@odradek/protocol'
import type { AclOperation, ResourceType } from './authorizer.ts'
import type { RequestContext } from './context.ts'

/**
 * One permission that a request needs. Without `names` the resource is the cluster itself.
 * A permission that is missing refuses the whole request through `refuse`. Where Kafka answers entry by entry (a topic here, a group
 * there), `perEntry` says so and `handle` asks `context.allows` for each entry.
 */
export interface Permission<Request> {
  readonly operation: AclOperation
  readonly resource: ResourceType
  readonly perEntry?: true
  names?(request: Request): Iterable<string>
}

/** The response to encode; null when the protocol has none (Produce with acks=0). */
export type Answer<Response> = Response | null

export interface HandlerDefinition<Request, RequestInput, Response, ResponseInput> {
  readonly api: Api<Request, RequestInput, Response, ResponseInput>
  /** Lowest and highest version served. */
  readonly versions: readonly [number, number]
  readonly authorize: readonly Permission<Request>[]
  /** What is not served, a sentence each, for docs/compatibility.md. */
  readonly notServed?: readonly string[]
  /** True when the connection's next request may start as soon as `handle` has returned: all that depends on order has then happened. */
  readonly pipelined?: boolean
  /** Loads what `handle` needs to do its ordered work synchronously. The connection's later requests wait for it. */
  prepare?(request: Request, context: RequestContext): Promise<void> | undefined
  /** The response of a request that fails as a whole: not authorised, or an unexpected error. */
  refuse(request: Request, errorCode: number, context: RequestContext): ResponseInput
  /** Throws, or rejects, only for defects: the client then gets what `refuse` makes of UNKNOWN_SERVER_ERROR. */
  handle(request: Request, context: RequestContext): Answer<ResponseInput> | Promise<Answer<ResponseInput>>
}

/** A handler whose message types have been forgotten. The dispatcher gives it only requests that its own `api` has decoded. */
export interface ApiHandler {
  readonly api: AnyApi
  readonly versions: readonly [number, number]
  readonly authorize: readonly Permission<unknown>[]
  readonly notServed: readonly string[]
  readonly pipelined: boolean
  prepare(request: unknown, context: RequestContext): Promise<void> | undefined
  refuse(request: unknown, errorCode: number, context: RequestContext): unknown
  handle(request: unknown, context: RequestContext): unknown
}

export function handler<Request, RequestInput, Response, ResponseInput>(
  definition: HandlerDefinition<Request, RequestInput, Response, ResponseInput>,
): ApiHandler {
  const erased: HandlerDefinition<unknown, unknown, unknown, unknown> = definition
  return {
    ...erased,
    notServed: erased.notServed ?? [],
    pipelined: erased.pipelined ?? false,
    prepare: (request, context) => erased.prepare?.(request, context),
  }
}
