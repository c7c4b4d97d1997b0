/** Trace contexts in the headers of records: W3C's `traceparent` and `tracestate`, or whatever the application's propagator writes. */

import type { HeaderInput, HeadersInput } from '../headers.ts'
import { areHeaders, headerList } from '../headers.ts'
import type { TextMapGetter, TextMapSetter, TracingApi } from './api.ts'

interface ReceivedHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

const setter: TextMapSetter<HeaderInput[]> = {
  set(headers, key, value) {
    const index = headers.findIndex((header) => header.key === key)
    if (index < 0) headers.push({ key, value })
    else headers[index] = { key, value }
  },
}

const getter: TextMapGetter<readonly ReceivedHeader[]> = {
  keys: (headers) => headers.map(({ key }) => key),
  get: (headers, key) => {
    const value = headers.findLast((header) => header.key === key)?.value
    return value === null || value === undefined ? undefined : Buffer.from(value).toString()
  },
}

/** The headers with those of `context` added, in place of their namesakes; what is no headers is left for `send()` to refuse. */
export function injectContext(api: TracingApi, context: unknown, headers: HeadersInput | undefined): HeadersInput {
  if (!areHeaders(headers ?? [])) return headers ?? []
  const injected = headerList(headers ?? [])
  api.propagation.inject(context, injected, setter)
  return injected
}

/** The context that a record was sent in, on top of `context`. */
export function extractContext(api: TracingApi, context: unknown, headers: readonly ReceivedHeader[]): unknown {
  return api.propagation.extract(context, headers, getter)
}
