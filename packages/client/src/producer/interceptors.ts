/** What applications hang into every send (KIP-42). An interceptor that throws is warned of once and changes nothing. */

import type { KafkaError } from '../errors/kafka-error.ts'
import { Interception } from '../interception.ts'
import type { Logger } from '../logger.ts'
import { toKafkaError } from './to-kafka-error.ts'
import type { ProducerRecord, RecordMetadata } from './types.ts'

export interface ProducerInterceptor<K, V> {
  /** Before the record is serialised; returns it, or the record to send in its place. The next interceptor gets what this one returns. */
  onSend?(record: ProducerRecord<K, V>): ProducerRecord<K, V>
  /** Once a record is acknowledged or has failed, serialisation included: one of `metadata` and `error` is there. `record` is what was sent. */
  onAcknowledgement?(metadata: RecordMetadata | undefined, error: KafkaError | undefined, record: ProducerRecord<K, V>): void
  /** With the producer, once all records are settled. */
  close?(): void
}

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
