/** Calls the interceptors of a producer, one after another (KIP-42). */

import type { KafkaError } from '../errors/kafka-error.ts'
import { Interception } from '../interception.ts'
import type { Logger } from '../logger.ts'
import { toKafkaError } from './to-kafka-error.ts'
import type { ProducerInterceptor, ProducerRecord, RecordMetadata } from './types.ts'

export class Interceptors<K, V> {
  readonly #interception: Interception<ProducerInterceptor<K, V>>

  constructor(interceptors: readonly ProducerInterceptor<K, V>[], logger: Logger) {
    this.#interception = new Interception(interceptors, logger)
  }

  /** Sends a record, or what is to be sent in its place. */
  async around(record: ProducerRecord<K, V>, send: (record: ProducerRecord<K, V>) => Promise<RecordMetadata>): Promise<RecordMetadata> {
    const replaced = this.onSend(record)
    try {
      const metadata = await send(replaced)
      this.onAcknowledgement(metadata, undefined, replaced)
      return metadata
    } catch (error) {
      this.onAcknowledgement(undefined, toKafkaError(error), replaced)
      throw error
    }
  }

  onSend(record: ProducerRecord<K, V>): ProducerRecord<K, V> {
    let current = record
    this.#interception.each('onSend', (interceptor) => {
      current = interceptor.onSend?.(current) ?? current
    })
    return current
  }

  onAcknowledgement(metadata: RecordMetadata | undefined, error: KafkaError | undefined, record: ProducerRecord<K, V>): void {
    this.#interception.each('onAcknowledgement', (interceptor) => interceptor.onAcknowledgement?.(metadata, error, record))
  }

  close(): void {
    this.#interception.each('close', (interceptor) => interceptor.close?.())
  }
}
