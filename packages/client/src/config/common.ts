/** Configuration that every client shares, with the defaults of Kafka 4.3's Java clients. */

import type { ConfigInputs, ConfigValues } from './descriptor.ts'

export const commonKeys = {
  bootstrapServers: {
    kafka: 'bootstrap.servers',
    type: 'list',
    default: [],
    doc: 'host:port of one or more brokers to learn the cluster from; any that answers is enough.',
  },
  clientDnsLookup: {
    kafka: 'client.dns.lookup',
    type: 'enum',
    default: 'use_all_dns_ips',
    values: ['use_all_dns_ips'],
    doc: 'All addresses behind a name are tried, one after another, until one accepts.',
  },
  clientId: { kafka: 'client.id', type: 'string', default: 'odradek', doc: 'Name sent with every request, for logs, metrics and quotas.' },
  requestTimeoutMs: {
    kafka: 'request.timeout.ms',
    type: 'int',
    default: 30_000,
    min: 1,
    doc: 'How long to wait for a response; then the connection is given up and the request retried where that is safe.',
  },
  retryBackoffMs: {
    kafka: 'retry.backoff.ms',
    type: 'long',
    default: 100,
    min: 0,
    doc: 'First pause before a retry; doubles with each, with jitter.',
  },
  retryBackoffMaxMs: { kafka: 'retry.backoff.max.ms', type: 'long', default: 1000, min: 0, doc: 'Longest pause before a retry.' },
  reconnectBackoffMs: {
    kafka: 'reconnect.backoff.ms',
    type: 'long',
    default: 50,
    min: 0,
    doc: 'First pause before connecting again to a broker that failed.',
  },
  reconnectBackoffMaxMs: {
    kafka: 'reconnect.backoff.max.ms',
    type: 'long',
    default: 1000,
    min: 0,
    doc: 'Longest pause before connecting again.',
  },
  socketConnectionSetupTimeoutMs: {
    kafka: 'socket.connection.setup.timeout.ms',
    type: 'long',
    default: 10_000,
    min: 1,
    doc: 'How long a connection, TLS included, may take; doubles with each failure in a row.',
  },
  socketConnectionSetupTimeoutMaxMs: {
    kafka: 'socket.connection.setup.timeout.max.ms',
    type: 'long',
    default: 30_000,
    min: 1,
    doc: 'Longest time a connection may take.',
  },
  connectionsMaxIdleMs: {
    kafka: 'connections.max.idle.ms',
    type: 'long',
    default: 540_000,
    min: -1,
    doc: 'Closes a connection that has been unused for this long; −1: never.',
  },
  metadataMaxAgeMs: {
    kafka: 'metadata.max.age.ms',
    type: 'long',
    default: 300_000,
    min: 0,
    doc: 'Asks for fresh metadata after this long even when nothing failed.',
  },
  metadataRecoveryStrategy: {
    kafka: 'metadata.recovery.strategy',
    type: 'enum',
    default: 'rebootstrap',
    values: ['rebootstrap', 'none'],
    doc: 'When none of the known brokers can be reached: start over from bootstrap.servers, or keep trying those.',
  },
  metadataRecoveryRebootstrapTriggerMs: {
    kafka: 'metadata.recovery.rebootstrap.trigger.ms',
    type: 'long',
    default: 300_000,
    min: 0,
    doc: 'Starts over from bootstrap.servers when there has been no metadata from any known broker for this long, though asked for.',
  },
  metricsSampleWindowMs: {
    kafka: 'metrics.sample.window.ms',
    type: 'long',
    default: 30_000,
    min: 1,
    doc: 'Length of one window of the figures that are rates, averages and maxima.',
  },
  metricsNumSamples: {
    kafka: 'metrics.num.samples',
    type: 'int',
    default: 2,
    min: 1,
    max: 1000,
    doc: 'How many windows such a figure looks back over.',
  },
  securityProtocol: {
    kafka: 'security.protocol',
    type: 'enum',
    default: 'PLAINTEXT',
    values: ['PLAINTEXT', 'SSL'],
    doc: 'SSL encrypts; the `tls` option implies it.',
  },
  sslTruststoreCertificates: {
    kafka: 'ssl.truststore.certificates',
    type: 'string',
    default: null,
    doc: 'Trusted certificates as PEM text; the system’s when absent.',
  },
  sslKeystoreCertificateChain: {
    kafka: 'ssl.keystore.certificate.chain',
    type: 'string',
    default: null,
    doc: 'The client’s certificate chain as PEM text.',
  },
  sslKeystoreKey: { kafka: 'ssl.keystore.key', type: 'string', default: null, secret: true, doc: 'The client’s private key as PEM text.' },
  sslKeyPassword: { kafka: 'ssl.key.password', type: 'string', default: null, secret: true, doc: 'Password of the private key.' },
  sslEndpointIdentificationAlgorithm: {
    kafka: 'ssl.endpoint.identification.algorithm',
    type: 'enum',
    default: 'https',
    values: ['https', ''],
    doc: 'Empty: a broker’s certificate may be for another host’s name; it must be trusted all the same.',
  },
} as const

export type CommonConfig = ConfigInputs<typeof commonKeys>
export type CommonValues = ConfigValues<typeof commonKeys>
