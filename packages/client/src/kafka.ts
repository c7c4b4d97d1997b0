/** The facade: one place for what the clients of a cluster have in common. */

import type { Admin, AdminOptions } from './admin/types.ts'
import type { ClientOptions } from './config/options.ts'
import type { Consumer, ConsumerOptions } from './consumer/types.ts'
import type { Producer, ProducerOptions } from './producer/types.ts'
import type { BytesLike } from './serde/serde.ts'

export interface KafkaOptions extends ClientOptions {}

/** Makes clients of one cluster, and closes them with it. Each client has connections of its own, made when first needed. */
export declare class Kafka implements AsyncDisposable {
  /** Throws ConfigError. Nothing is connected yet. */
  constructor(options: KafkaOptions)
  /** Options given here win over those of `Kafka`. Throws ConfigError. */
  producer<K = BytesLike, V = BytesLike>(options?: ProducerOptions<K, V>): Producer<K, V>
  consumer<K = Buffer, V = Buffer>(options?: ConsumerOptions<K, V>): Consumer<K, V>
  admin(options?: AdminOptions): Admin
  /** Closes every client that is still open, as their own `close()` does. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
