/** What applications hang into every send (KIP-42). An interceptor that throws is warned of once and changes nothing. */

import type { KafkaError } from '../errors/kafka-error.ts'
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
  readonly #interceptors: readonly ProducerInterceptor<K, V>[]
  readonly #logger: Logger
  readonly #send: (record: ProducerRecord<K, V>) => Promise<RecordMetadata>
  readonly #warned = new Set<string>()

  constructor(
    interceptors: readonly ProducerInterceptor<K, V>[],
    logger: Logger,
    send: (record: ProducerRecord<K, V>) => Promise<RecordMetadata>,
  ) {
    this.#interceptors = interceptors
    this.#logger = logger
    this.#send = send
  }

  /** Sends a record, or what is to be sent in its place. */
  async around(record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    const replaced = this.onSend(record)
    try {
      const metadata = await this.#send(replaced)
      this.onAcknowledgement(metadata, undefined, replaced)
      return metadata
    } catch (error) {
      this.onAcknowledgement(undefined, toKafkaError(error), replaced)
      throw error
    }
  }

  onSend(record: ProducerRecord<K, V>): ProducerRecord<K, V> {
    let current = record
    this.#each('onSend', (interceptor) => {
      current = interceptor.onSend?.(current) ?? current
    })
    return current
  }

  onAcknowledgement(metadata: RecordMetadata | undefined, error: KafkaError | undefined, record: ProducerRecord<K, V>): void {
    this.#each('onAcknowledgement', (interceptor) => interceptor.onAcknowledgement?.(metadata, error, record))
  }

  close(): void {
    this.#each('close', (interceptor) => interceptor.close?.())
  }

  #each(what: keyof ProducerInterceptor<K, V>, call: (interceptor: ProducerInterceptor<K, V>) => void): void {
    for (const [index, interceptor] of this.#interceptors.entries()) {
      try {
        call(interceptor)
      } catch (error) {
        this.#warnOnce(`${what}() of interceptor ${index} threw, which is not told again: ${String(error)}`, `${what} ${index}`)
      }
    }
  }

  #warnOnce(message: string, key: string): void {
    if (this.#warned.has(key)) return
    this.#warned.add(key)
    this.#logger.warn(message)
  }
}
