/** From a frame to its response: header, version, body, authorisation, interception, handling, encoding. */

import type { RequestHeaderFields } from '@odradek/protocol'
import { apiVersions, decodeRequestHeader, encodeResponseFrame, ErrorCodes, MalformedError, Reader } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import type { BrokerNode } from '../node.ts'
import { StorageError } from '../storage/storage-error.ts'
import { clusterResource } from './authorizer.ts'
import type { ClientConnection, RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import type { Interceptors } from './interceptors.ts'
import { Context } from './request-context.ts'
import type { RequestMetrics } from './request-metrics.ts'

/** Null: the request has no response. */
export type ResponseChunks = Uint8Array[] | null

export type Started =
  /** Answered at once. */
  | { readonly chunks: ResponseChunks }
  /** Answered later. Until `ordered` settles, no other request of the connection may start. */
  | { readonly response: Promise<ResponseChunks>; readonly ordered: Promise<unknown> | undefined }

/** A request that does not deserve an answer: its connection is closed, with the message as the reason. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
}

interface Call {
  readonly handler: ApiHandler
  readonly request: unknown
  readonly context: RequestContext
  readonly startedMs: number
}

export interface DispatcherOptions {
  readonly cluster: Cluster
  readonly node: BrokerNode
  readonly handlers: ReadonlyMap<number, ApiHandler>
  readonly interceptors: Interceptors
  readonly metrics: RequestMetrics
}

export class Dispatcher {
  readonly #options: DispatcherOptions

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** Throws ProtocolViolation when the connection has to be closed. */
  start(frame: Buffer, connection: ClientConnection): Started {
    const { cluster, node, handlers, interceptors } = this.#options
    const reader = new Reader(frame)
    const header = readHeader(reader)
    const handler = handlers.get(header.apiKey)
    if (handler === undefined) throw new ProtocolViolation(`API key ${header.apiKey} is not served`)
    if (header.apiVersion < handler.versions[0] || header.apiVersion > handler.versions[1]) return this.#unsupported(handler, header)
    const request = readBody(reader, handler, header)
    const context = new Context(cluster, node, connection, header, frame.length)
    const call: Call = { handler, request, context, startedMs: cluster.runtime.clock.monotonicMs() }
    if (interceptors.has(handler.api)) {
      const intercepted = interceptors.run(
        handler.api,
        request,
        context,
        () => connection.destroy(),
        () => this.#prepareAndRun(call),
      )
      const response = this.#finish(call, intercepted)
      return { response, ordered: response }
    }
    return this.#dispatch(call)
  }

  #dispatch(call: Call): Started {
    const { handler } = call
    const preparation = this.#refusal(call) === undefined ? this.#prepare(call) : undefined
    if (preparation !== undefined) {
      let response: Promise<ResponseChunks> | undefined
      const handled = preparation.then(() => {
        response = this.#finish(call, this.#run(call))
      })
      const finished = handled.then(() => response ?? null)
      return { response: finished, ordered: handler.pipelined ? handled : finished }
    }
    const answer = this.#run(call)
    if (!(answer instanceof Promise)) return { chunks: this.#encode(call, answer) }
    const response = this.#finish(call, answer)
    return { response, ordered: handler.pipelined ? undefined : response }
  }

  /** An intercepted request is answered before the next one starts, so that the wait costs no order. */
  async #prepareAndRun(call: Call): Promise<unknown> {
    if (this.#refusal(call) === undefined) await this.#prepare(call)
    return this.#run(call)
  }

  #prepare(call: Call): Promise<void> | undefined {
    try {
      return call.handler.prepare(call.request, call.context)?.catch((error: unknown) => this.#logDefect(call, error))
    } catch (error) {
      this.#logDefect(call, error)
      return undefined
    }
  }

  /** The handler's answer; a response that refuses the request when it is not allowed or fails. */
  #run(call: Call): unknown {
    const refused = this.#refusal(call)
    if (refused !== undefined) return call.handler.refuse(call.request, refused, call.context)
    try {
      return call.handler.handle(call.request, call.context)
    } catch (error) {
      return this.#defect(call, error)
    }
  }

  async #finish(call: Call, answer: unknown): Promise<ResponseChunks> {
    let settled: unknown
    try {
      settled = await answer
    } catch (error) {
      settled = this.#defect(call, error)
    }
    return this.#encode(call, settled)
  }

  #defect(call: Call, error: unknown): unknown {
    this.#logDefect(call, error)
    const errorCode = error instanceof StorageError ? error.errorCode : ErrorCodes.UNKNOWN_SERVER_ERROR
    return call.handler.refuse(call.request, errorCode, call.context)
  }

  #logDefect({ handler, context }: Call, error: unknown): void {
    const reason = error instanceof StorageError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#options.cluster.logger.error(`${handler.api.name} v${context.apiVersion} of client '${context.clientId}' failed: ${reason}`)
  }

  #encode({ handler, context, startedMs }: Call, answer: unknown): ResponseChunks {
    const chunks = answer === null ? null : encodeResponseFrame(handler.api, context.apiVersion, context.correlationId, answer)
    this.#options.metrics.record(handler.api, this.#options.cluster.runtime.clock.monotonicMs() - startedMs, context.requestBytes)
    return chunks
  }

  /** The error of the first permission that the request lacks as a whole. */
  #refusal({ handler, request, context }: Call): number | undefined {
    for (const permission of handler.authorize) {
      if (permission.perEntry) continue
      for (const name of permission.names?.(request) ?? [clusterResource]) {
        if (!context.allows(permission.operation, permission.resource, name)) return refusals[permission.resource]
      }
    }
    return undefined
  }

  /** KIP-511: a client that asks for a version of ApiVersions that is not there learns which are. Any other API closes the connection. */
  #unsupported(handler: ApiHandler, header: RequestHeaderFields): Started {
    const [lowest, highest] = handler.versions
    if (handler.api.key !== apiVersions.key) {
      throw new ProtocolViolation(`${handler.api.name} v${header.apiVersion} is not served, only v${lowest} to v${highest}`)
    }
    const supported = [{ apiKey: handler.api.key, minVersion: lowest, maxVersion: highest }]
    return {
      chunks: encodeResponseFrame(apiVersions, 0, header.correlationId, { errorCode: ErrorCodes.UNSUPPORTED_VERSION, apiKeys: supported }),
    }
  }
}

const refusals = {
  Topic: ErrorCodes.TOPIC_AUTHORIZATION_FAILED,
  Group: ErrorCodes.GROUP_AUTHORIZATION_FAILED,
  Cluster: ErrorCodes.CLUSTER_AUTHORIZATION_FAILED,
  TransactionalId: ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
} as const

function readHeader(reader: Reader): RequestHeaderFields {
  try {
    return decodeRequestHeader(reader)
  } catch (error) {
    throw new ProtocolViolation(`malformed request header: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readBody(reader: Reader, handler: ApiHandler, header: RequestHeaderFields): unknown {
  try {
    return handler.api.decodeRequest(reader, header.apiVersion)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new ProtocolViolation(`malformed ${handler.api.name} v${header.apiVersion}: ${error.message}`)
  }
}
