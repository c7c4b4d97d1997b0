/** What applications hang into a consumer (KIP-42). An interceptor that throws is warned of once and changes nothing. */

import { Interception } from '../interception.ts'
import type { Logger } from '../logger.ts'
import type { OffsetToCommit } from '../topic-partition.ts'
import type { ConsumerRecord } from './types.ts'

export interface ConsumerInterceptor<K, V> {
  /**
   * What `poll()` is about to return, one record at least; returns it, or the records to return in its place. Those left out count as consumed.
   * The next interceptor gets what this one returns.
   */
  onConsume?(records: readonly ConsumerRecord<K, V>[]): readonly ConsumerRecord<K, V>[]
  /** After offsets have been committed, by whatever call or by auto-commit. */
  onCommit?(offsets: readonly OffsetToCommit[]): void
  /** With the consumer, when nothing more is to come. */
  close?(): void
}

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
