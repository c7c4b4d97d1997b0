/** The facade: one place for what the clients of a cluster have in common. */

import type { Admin, AdminOptions } from './admin/types.ts'
import { createAdmin } from './admin/create-admin.ts'
import { checkSharedOptions, printableOptions } from './config/client-config.ts'
import type { ClientOptions } from './config/options.ts'
import { createConsumer } from './consumer/create-consumer.ts'
import type { Consumer, ConsumerOptions } from './consumer/types.ts'
import { createProducer } from './producer/create-producer.ts'
import type { Producer, ProducerOptions } from './producer/types.ts'
import type { BytesLike } from './serde/serde.ts'

export interface KafkaOptions extends ClientOptions {}

interface Closable {
  close(): Promise<void>
}

/** Makes clients of one cluster, and closes them with it. Each client has connections of its own, made when first needed. */
export class Kafka implements AsyncDisposable {
  readonly #options: KafkaOptions
  readonly #clients = new Set<Closable>()

  /** Throws ConfigError. Nothing is connected yet. */
  constructor(options: KafkaOptions) {
    checkSharedOptions(options)
    this.#options = options
  }

  /** Options given here win over those of `Kafka`. Throws ConfigError. */
  producer<K = BytesLike, V = BytesLike>(options: ProducerOptions<K, V> = {}): Producer<K, V> {
    return this.#add((onClose) => createProducer(this.#options, options, onClose))
  }

  /** Options given here win over those of `Kafka`. Throws ConfigError. */
  consumer<K = Buffer, V = Buffer>(options: ConsumerOptions<K, V> = {}): Consumer<K, V> {
    return this.#add((onClose) => createConsumer(this.#options, options, onClose))
  }

  /** Options given here win over those of `Kafka`. Throws ConfigError. */
  admin(options: AdminOptions = {}): Admin {
    return this.#add((onClose) => createAdmin(this.#options, options, onClose))
  }

  /** Closes every client that is still open, as its own `close()` does. */
  async close(): Promise<void> {
    const results = await Promise.allSettled([...this.#clients].map((client) => client.close()))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** The options with secrets hidden, which is also what `console.log` shows. */
  toJSON(): Record<string, unknown> {
    return printableOptions(this.#options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #add<C extends Closable>(create: (onClose: () => void) => C): C {
    const client: C = create(() => this.#clients.delete(client))
    this.#clients.add(client)
    return client
  }
}

Object.defineProperty(Kafka.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Kafka) {
    return { Kafka: this.toJSON() }
  },
})
