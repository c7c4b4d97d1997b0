/** From options to a producer: what must fit together is checked here. */

import { Cluster } from '../cluster/cluster.ts'
import { resolveClient } from '../config/client-config.ts'
import type { ClientOptions } from '../config/options.ts'
import type { ProducerValues } from '../config/producer.ts'
import { producerKeys } from '../config/producer.ts'
import { ConfigError } from '../errors/kafka-error.ts'
import { samplingOf } from '../metrics/sampled.ts'
import { traceSends } from '../tracing/producer-spans.ts'
import { KafkaProducer } from './kafka-producer.ts'
import { ProducerMetrics } from './producer-metrics.ts'
import type { Producer, ProducerOptions } from './types.ts'

const MAX_IDEMPOTENT_IN_FLIGHT = 5

/** Throws ConfigError. */
export function createProducer<K, V>(shared: ClientOptions, options: ProducerOptions<K, V>, onClose: () => void): Producer<K, V> {
  const { runtime, common, tls, tracing, own } = resolveClient(producerKeys, shared, options, ['key', 'value', 'partitioner'])
  const properties = { ...shared.properties, ...options.properties }
  const asked = (options.enableIdempotence ?? properties['enable.idempotence'] ?? properties['enableIdempotence']) !== undefined
  const lingerAndRequestMs = own.lingerMs + common.requestTimeoutMs
  const askedTimeout = (options.deliveryTimeoutMs ?? properties['delivery.timeout.ms'] ?? properties['deliveryTimeoutMs']) !== undefined
  if (own.deliveryTimeoutMs < lingerAndRequestMs && askedTimeout) {
    throw new ConfigError(
      `delivery.timeout.ms (${own.deliveryTimeoutMs}) must be at least linger.ms + request.timeout.ms (${own.lingerMs} + ${common.requestTimeoutMs})`,
    )
  }
  const metrics = new ProducerMetrics(common.clientId, samplingOf(runtime.clock, common))
  const producer = new KafkaProducer({
    cluster: new Cluster({ runtime, config: common, tls, metrics: metrics.network }),
    config: { ...own, deliveryTimeoutMs: Math.max(own.deliveryTimeoutMs, lingerAndRequestMs) },
    metrics,
    key: options.key,
    value: options.value,
    partitioner: options.partitioner,
    idempotent: isIdempotent(own, asked),
    onClose,
  })
  return tracing === undefined ? producer : traceSends(producer, tracing, common.clientId)
}

/** As in Java: what contradicts idempotence switches it off, unless it was asked for by name. */
function isIdempotent(config: ProducerValues, asked: boolean): boolean {
  if (!config.enableIdempotence) return false
  const conflict =
    config.acks !== 'all'
      ? `acks is ${config.acks}, not all`
      : config.retries === 0
        ? 'retries is 0'
        : config.maxInFlightRequestsPerConnection > MAX_IDEMPOTENT_IN_FLIGHT
          ? `max.in.flight.requests.per.connection is ${config.maxInFlightRequestsPerConnection}, over ${MAX_IDEMPOTENT_IN_FLIGHT}`
          : undefined
  if (conflict === undefined) return true
  if (asked) throw new ConfigError(`enable.idempotence cannot be kept: ${conflict}`)
  return false
}
