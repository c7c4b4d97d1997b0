/** What every client takes beside the keys of its table: when it is made, and when it is closed. */

import type { Runtime, TlsOptions } from '@odradek/runtime'
import type { Logger } from '../logger.ts'
import type { TracingOptions } from '../tracing/api.ts'
import type { CommonConfig } from './common.ts'

export interface ClientOptions extends Partial<CommonConfig> {
  /** TLS details; given at all, connections are encrypted. Certificates as PEM text. */
  readonly tls?: TlsOptions | undefined
  /**
   * Configuration under Kafka's own dotted names, for any client: each takes what concerns it. A key that no client knows is a
   * ConfigError. Options beside it win.
   */
  readonly properties?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Takes warnings; `process.emitWarning` when absent. */
  readonly logger?: Logger | undefined
  /** Spans and trace headers by OpenTelemetry: `{ api }`, where `import * as api from '@opentelemetry/api'`. Off when absent. */
  readonly tracing?: TracingOptions | undefined
  /** Clock, network and codecs; Node's when absent. Replaced in simulation. */
  readonly runtime?: Runtime | undefined
}

export interface CloseOptions {
  /** Milliseconds to finish what is under way; what is left then fails. */
  readonly timeoutMs?: number | undefined
}
