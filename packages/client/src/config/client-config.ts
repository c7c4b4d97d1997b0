/** What all clients do with their options: merge those of `Kafka`, check names, resolve values, find the runtime. */

import type { Runtime, TlsOptions } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'
import { ConfigError } from '../errors/kafka-error.ts'
import type { Logger } from '../logger.ts'
import { processWarnings } from '../logger.ts'
import type { TracingOptions } from '../tracing/api.ts'
import { adminKeys } from './admin.ts'
import type { CommonValues } from './common.ts'
import { commonKeys } from './common.ts'
import { consumerKeys } from './consumer.ts'
import type { ConfigInputs, ConfigTable, ConfigValues } from './descriptor.ts'
import { withoutJavaOnly } from './foreign-keys.ts'
import type { ClientOptions } from './options.ts'
import { producerKeys } from './producer.ts'
import { redactOptions, rejectUnknownOptions, rejectUnknownProperties, resolveConfig } from './resolve.ts'

const allTables: readonly ConfigTable[] = [commonKeys, producerKeys, consumerKeys, adminKeys]
const sharedOptions: readonly string[] = ['properties', 'tls', 'logger', 'tracing', 'runtime']

/** One for all clients of the process, so that they share its few compression threads. */
let nodeRuntime: Runtime | undefined

export interface ResolvedClient<T extends ConfigTable> {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly common: CommonValues
  readonly tls: TlsOptions | undefined
  readonly tracing: TracingOptions | undefined
  readonly own: ConfigValues<T>
}

/** Throws ConfigError when an option or property is not known, or `bootstrap.servers` is missing. */
export function checkSharedOptions(options: ClientOptions): void {
  rejectUnknownOptions(options, [commonKeys], sharedOptions)
  rejectUnknownProperties(options.properties ?? {}, allTables)
}

/** The options as they may be printed. */
export function printableOptions(options: ClientOptions): Record<string, unknown> {
  return redactOptions({ ...options }, allTables)
}

/** `others` are the options of the client that its table does not have, `defaults` its own of the common keys. Throws ConfigError. */
export function resolveClient<T extends ConfigTable>(
  table: T,
  shared: ClientOptions,
  options: ClientOptions & Partial<ConfigInputs<T>>,
  others: readonly string[] = [],
  defaults: Partial<CommonValues> = {},
): ResolvedClient<T> {
  rejectUnknownOptions(options, [commonKeys, table], [...sharedOptions, ...others])
  rejectUnknownProperties(options.properties ?? {}, allTables)
  const logger = options.logger ?? shared.logger ?? processWarnings
  const properties = withoutJavaOnly({ ...shared.properties, ...options.properties }, logger)
  const common = resolveConfig(commonKeys, { ...definedOnly(shared), ...definedOnly(options) }, { ...defaults, ...properties })
  return {
    runtime: options.runtime ?? shared.runtime ?? (nodeRuntime ??= createNodeRuntime()),
    logger,
    common,
    tls: tlsOptions(common, options.tls ?? shared.tls),
    tracing: options.tracing ?? shared.tracing,
    own: resolveConfig(table, options, properties),
  }
}

function definedOnly(options: ClientOptions): ClientOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function tlsOptions(common: CommonValues, tls: TlsOptions | undefined): TlsOptions | undefined {
  const { securityProtocol, sslTruststoreCertificates, sslKeystoreCertificateChain, sslKeystoreKey, sslKeyPassword } = common
  const fromKeys: TlsOptions = {
    ca: sslTruststoreCertificates ?? undefined,
    cert: sslKeystoreCertificateChain ?? undefined,
    key: sslKeystoreKey ?? undefined,
    passphrase: sslKeyPassword ?? undefined,
    verifyName: common.sslEndpointIdentificationAlgorithm === '' ? false : undefined,
  }
  if (tls === undefined && securityProtocol === 'PLAINTEXT') {
    if (fromKeys.ca !== undefined || fromKeys.cert !== undefined)
      throw new ConfigError('ssl.* is set but security.protocol is PLAINTEXT; set it to SSL')
    return undefined
  }
  const all = { ...definedTls(fromKeys), ...tls }
  // A server that asks who this is would be told nothing.
  if ((all.cert === undefined) !== (all.key === undefined))
    throw new ConfigError('A certificate and its key go together: ssl.keystore.certificate.chain and ssl.keystore.key')
  return all
}

function definedTls(tls: TlsOptions): TlsOptions {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
}
