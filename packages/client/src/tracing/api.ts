/**
 * What tracing needs of `@opentelemetry/api`, in structure: the application hands its own copy over, so that nothing is imported, and
 * nothing has to be installed, unless tracing is asked for. Contexts are opaque.
 */

export type AttributeValue = string | number | boolean

export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

export interface Span {
  setAttribute(name: string, value: AttributeValue): unknown
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  recordException(exception: Error): void
  end(): void
}

export interface SpanOptions {
  readonly kind?: number
  readonly attributes?: Record<string, AttributeValue>
  readonly links?: { readonly context: SpanContext }[]
  /** Milliseconds since the epoch. */
  readonly startTime?: number
}

export interface Tracer {
  startSpan(name: string, options?: SpanOptions, context?: unknown): Span
}

export interface TextMapSetter<T> {
  set(carrier: T, key: string, value: string): void
}

export interface TextMapGetter<T> {
  keys(carrier: T): string[]
  get(carrier: T, key: string): string | undefined
}

/** `import * as api from '@opentelemetry/api'` is one. */
export interface TracingApi {
  readonly ROOT_CONTEXT: unknown
  readonly trace: {
    getTracer(name: string): Tracer
    setSpan(context: unknown, span: Span): unknown
    getSpanContext(context: unknown): SpanContext | undefined
  }
  readonly context: {
    active(): unknown
    with<R>(context: unknown, run: () => R): R
  }
  readonly propagation: {
    inject<T>(context: unknown, carrier: T, setter: TextMapSetter<T>): void
    extract<T>(context: unknown, carrier: T, getter: TextMapGetter<T>): unknown
  }
  readonly SpanKind: { readonly CLIENT: number; readonly PRODUCER: number; readonly CONSUMER: number }
  readonly SpanStatusCode: { readonly ERROR: number }
}

export interface TracingOptions {
  /** The application's `@opentelemetry/api`. */
  readonly api: TracingApi
  /** By default that of the registered provider, under the name '@odradek/client'. */
  readonly tracer?: Tracer | undefined
}

export function tracerOf({ api, tracer }: TracingOptions): Tracer {
  return tracer ?? api.trace.getTracer('@odradek/client')
}

/** Ends a span for what failed with `error`, as the conventions have it. */
export function endFailed(span: Span, error: unknown, { api }: TracingOptions): void {
  const failure = error instanceof Error ? error : new Error(String(error))
  span.setAttribute('error.type', 'code' in failure && typeof failure.code === 'string' ? failure.code : failure.name)
  span.recordException(failure)
  span.setStatus({ code: api.SpanStatusCode.ERROR, message: failure.message })
  span.end()
}
