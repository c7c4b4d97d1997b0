/** Keys of Kafka's Java clients that this one does not take, and what to do instead. */

import type { Logger } from '../logger.ts'

export const foreignKeys: Readonly<Record<string, string>> = {
  'compression.lz4.level': 'the lz4 library in use compresses at one level only; leave it out, or use zstd or gzip for smaller batches',
  'interceptor.classes': 'give the interceptors themselves, as the option interceptors',
  'key.serializer': 'give the serializer itself, as the option key',
  'value.serializer': 'give the serializer itself, as the option value',
  'key.deserializer': 'give the deserializer itself, as the option key',
  'value.deserializer': 'give the deserializer itself, as the option value',
}

/**
 * What a properties file of a Java client may say that changes nothing here: its classes, its sockets, its own metrics. What is left out of it
 * would change what is sent, or how safely, and is refused.
 */
const forJava: ReadonlySet<string> = new Set([
  'key.serializer',
  'value.serializer',
  'key.deserializer',
  'value.deserializer',
  'interceptor.classes',
  'send.buffer.bytes',
  'receive.buffer.bytes',
  'metric.reporters',
  'metrics.recording.level',
  'auto.include.jmx.reporter',
  'enable.metrics.push',
  'security.providers',
])
const METRICS_CONTEXT = 'metrics.context.'
const ownPartitioners = 'org.apache.kafka.clients.producer.'

/** Whether a property is for Java only, a partitioner's class of somebody's own included. */
export function isForJava(name: string, value: unknown): boolean {
  if (name === 'partitioner.class') return typeof value === 'string' && value.includes('.') && !value.startsWith(ownPartitioners)
  return forJava.has(name) || name.startsWith(METRICS_CONTEXT)
}

const told = new WeakMap<Logger, Set<string>>()

/** The properties but for those, of which it is said once a logger that they are ignored. */
export function withoutJavaOnly<T>(properties: Readonly<Record<string, T>>, logger: Logger): Readonly<Record<string, T>> {
  const ignored = Object.keys(properties).filter((name) => isForJava(name, properties[name]))
  if (ignored.length === 0) return properties
  const before = told.get(logger) ?? new Set()
  told.set(logger, before)
  const fresh = ignored.filter((name) => !before.has(name))
  for (const name of fresh) before.add(name)
  if (fresh.length > 0) logger.warn(`Ignored, being for Java's clients only: ${fresh.map(withAdvice).join(', ')}`)
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !ignored.includes(name)))
}

function withAdvice(name: string): string {
  const advice = name === 'partitioner.class' ? 'give a function, as the option partitioner' : foreignKeys[name]
  return advice === undefined ? name : `${name} (${advice})`
}
