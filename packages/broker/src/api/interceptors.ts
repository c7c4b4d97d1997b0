/** The test kit's hold on requests: to delay them, to drop them, to answer in the broker's place. */

import type { AnyApi, Api } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import type { Answer } from './handler.ts'

export interface InterceptedCall<Request, ResponseInput> {
  readonly request: Request
  readonly context: RequestContext
  /** Lets the broker handle the request; resolves to its answer. */
  readonly proceed: () => Promise<Answer<ResponseInput>>
  /** Closes the client's connection. */
  readonly disconnect: () => void
}

/** Resolves to what the client gets. Null: nothing at all, and the connection's later responses go out without it. */
export type Interceptor<Request, ResponseInput> = (
  call: InterceptedCall<Request, ResponseInput>,
) => Answer<ResponseInput> | Promise<Answer<ResponseInput>>

interface ErasedInterceptor {
  intercept(call: InterceptedCall<unknown, unknown>): unknown
}

export class Interceptors {
  readonly #byApi = new Map<number, ErasedInterceptor[]>()

  /** The interceptor added last sees a request first. Returns the function that removes it. */
  add<Request, RequestInput, Response, ResponseInput>(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    intercept: Interceptor<Request, ResponseInput>,
  ): () => void {
    const methods: { intercept(call: InterceptedCall<Request, ResponseInput>): unknown } = { intercept }
    const added: ErasedInterceptor = methods
    this.#byApi.set(api.key, [added, ...(this.#byApi.get(api.key) ?? [])])
    return () => {
      const rest = (this.#byApi.get(api.key) ?? []).filter((other) => other !== added)
      if (rest.length === 0) this.#byApi.delete(api.key)
      else this.#byApi.set(api.key, rest)
    }
  }

  has(api: AnyApi): boolean {
    return this.#byApi.has(api.key)
  }

  /** Runs the request through the interceptors of its API, then through `handle`. */
  async run(api: AnyApi, request: unknown, context: RequestContext, disconnect: () => void, handle: () => unknown): Promise<unknown> {
    let next = async (): Promise<unknown> => handle()
    for (const interceptor of [...(this.#byApi.get(api.key) ?? [])].reverse()) {
      const proceed = next
      next = async () => interceptor.intercept({ request, context, proceed, disconnect })
    }
    return next()
  }
}
