/** Calls the interceptors of a consumer, one after another (KIP-42). */

import { Interception } from '../interception.ts'
import type { Logger } from '../logger.ts'
import type { OffsetToCommit } from '../topic-partition.ts'
import type { ConsumerInterceptor, ConsumerRecord } from './types.ts'

export class ConsumerInterceptors<K, V> {
  readonly #interception: Interception<ConsumerInterceptor<K, V>>

  constructor(interceptors: readonly ConsumerInterceptor<K, V>[], logger: Logger) {
    this.#interception = new Interception(interceptors, logger)
  }

  onConsume(records: readonly ConsumerRecord<K, V>[]): ConsumerRecord<K, V>[] {
    let current = records
    this.#interception.each('onConsume', (interceptor) => {
      current = interceptor.onConsume?.(current) ?? current
    })
    return [...current]
  }

  onCommit(offsets: readonly OffsetToCommit[]): void {
    this.#interception.each('onCommit', (interceptor) => interceptor.onCommit?.(offsets))
  }

  close(): void {
    this.#interception.each('close', (interceptor) => interceptor.close?.())
  }
}
