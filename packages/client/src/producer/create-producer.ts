/** From options to a producer: what must fit together is checked here. */

import { Cluster } from '../cluster/cluster.ts'
import { resolveClient } from '../config/client-config.ts'
import type { ClientOptions } from '../config/options.ts'
import type { ProducerValues } from '../config/producer.ts'
import { producerKeys } from '../config/producer.ts'
import { ConfigError } from '../errors/kafka-error.ts'
import type { Logger } from '../logger.ts'
import { samplingOf } from '../metrics/sampled.ts'
import { traceSends } from '../tracing/producer-spans.ts'
import { KafkaProducer } from './kafka-producer.ts'
import { ProducerMetrics } from './producer-metrics.ts'
import type { Producer, ProducerOptions } from './types.ts'

const MAX_IDEMPOTENT_IN_FLIGHT = 5

/** Throws ConfigError. */
export function createProducer<K, V>(shared: ClientOptions, options: ProducerOptions<K, V>, onClose: () => void): Producer<K, V> {
  const { runtime, logger, common, tls, tracing, own } = resolveClient(producerKeys, shared, options, [
    'key',
    'value',
    'partitioner',
    'interceptors',
  ])
  const properties = { ...shared.properties, ...options.properties }
  const asked =
    own.transactionalId !== null ||
    (options.enableIdempotence ?? properties['enable.idempotence'] ?? properties['enableIdempotence']) !== undefined
  const lingerAndRequestMs = own.lingerMs + common.requestTimeoutMs
  const askedTimeout = (options.deliveryTimeoutMs ?? properties['delivery.timeout.ms'] ?? properties['deliveryTimeoutMs']) !== undefined
  if (own.deliveryTimeoutMs < lingerAndRequestMs && askedTimeout) {
    throw new ConfigError(
      `delivery.timeout.ms (${own.deliveryTimeoutMs}) must be at least linger.ms + request.timeout.ms (${own.lingerMs} + ${common.requestTimeoutMs})`,
    )
  }
  if (own.batchSize > own.bufferMemory) {
    throw new ConfigError(`batch.size (${own.batchSize}) is over buffer.memory (${own.bufferMemory}), which has no room for a batch`)
  }
  const idempotent = isIdempotent(own, asked)
  if (!idempotent && own.acks !== '0' && own.retries > 0 && own.maxInFlightRequestsPerConnection > 1) warnOfReordering(logger, own)
  const metrics = new ProducerMetrics(common.clientId, samplingOf(runtime.clock, common))
  const producer = new KafkaProducer({
    cluster: new Cluster({ runtime, config: common, tls, metrics: metrics.network }),
    config: { ...own, deliveryTimeoutMs: Math.max(own.deliveryTimeoutMs, lingerAndRequestMs) },
    metrics,
    key: options.key,
    value: options.value,
    partitioner: options.partitioner,
    interceptors: options.interceptors ?? [],
    logger,
    idempotent,
    onClose,
  })
  return tracing === undefined ? producer : traceSends(producer, tracing, common.clientId)
}

const warned = new WeakSet<Logger>()

/** Once a logger: a service that makes a producer a request says it once. */
function warnOfReordering(logger: Logger, { maxInFlightRequestsPerConnection }: ProducerValues): void {
  if (warned.has(logger)) return
  warned.add(logger)
  logger.warn(
    `Without enable.idempotence, and with ${maxInFlightRequestsPerConnection} requests in flight, a retry may put records out of order or write them twice; ` +
      'leave acks=all for idempotence, or set max.in.flight.requests.per.connection=1 to keep the order',
  )
}

/** As in Java: acks and retries that contradict idempotence switch it off, unless it was asked for by name; too many in flight is an error (Kafka 4). */
function isIdempotent(config: ProducerValues, asked: boolean): boolean {
  if (config.transactionalId === '') throw new ConfigError('transactional.id is empty: name the instance, or leave it out')
  if (!config.enableIdempotence) {
    if (config.transactionalId !== null) throw new ConfigError('transactional.id needs enable.idempotence: leave it true')
    return false
  }
  const { acks, retries, maxInFlightRequestsPerConnection: inFlight } = config
  const conflict = acks !== 'all' ? `acks is ${acks}, not all` : retries === 0 ? 'retries is 0' : undefined
  if (conflict !== undefined && asked) throw new ConfigError(`enable.idempotence cannot be kept: ${conflict}`)
  if (inFlight > MAX_IDEMPOTENT_IN_FLIGHT) {
    throw new ConfigError(
      `enable.idempotence cannot be kept: max.in.flight.requests.per.connection is ${inFlight}, over ${MAX_IDEMPOTENT_IN_FLIGHT}; set enable.idempotence=false to have more`,
    )
  }
  return conflict === undefined
}
