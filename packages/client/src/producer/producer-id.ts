/** The producer id and epoch that idempotence stands on (KIP-98, KIP-360). */

import { ErrorCodes, initProducerId } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { backoffMs, sleep } from '../cluster/backoff.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import { KafkaError } from '../errors/kafka-error.ts'

const NO_TRANSACTION_TIMEOUT_MS = 2_147_483_647
const MAX_EPOCH = 32_767

export class ProducerIdentity {
  readonly #cluster: Cluster
  #producerId = -1
  #epoch = -1
  #generation = 0
  #pending: Promise<void> | undefined

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  get producerId(): number {
    return this.#producerId
  }

  /** −1 while there is no id. */
  get epoch(): number {
    return this.#epoch
  }

  /** Differs for every pair of id and epoch that this producer has had; ascending. */
  get generation(): number {
    return this.#generation
  }

  get isKnown(): boolean {
    return this.#producerId >= 0
  }

  /** Asks a broker until it answers. Rejects with what is not retriable. */
  acquire(): Promise<void> {
    this.#pending ??= this.#acquire().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  /** What the coordinator of a transactional id has given (KIP-98, KIP-890). */
  assign(producerId: number, epoch: number): void {
    if (producerId === this.#producerId && epoch === this.#epoch) return
    this.#generation++
    this.#producerId = producerId
    this.#epoch = epoch
  }

  /** From the next batch of each partition on, sequences start again; a new id when the epochs are used up. */
  bumpEpoch(): void {
    this.#generation++
    if (this.#epoch >= MAX_EPOCH) {
      this.#producerId = -1
      this.#epoch = -1
    } else {
      this.#epoch++
    }
  }

  async #acquire(): Promise<void> {
    const { clock, random } = this.#cluster.runtime
    const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster.config
    for (let failures = 0; ; failures++) {
      try {
        const response = await this.#cluster.requestAny(initProducerId, {
          transactionalId: null,
          transactionTimeoutMs: NO_TRANSACTION_TIMEOUT_MS,
        })
        if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, 'Cannot get a producer id')
        this.#producerId = response.producerId
        this.#epoch = response.producerEpoch
        return
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
      }
      await sleep(clock, backoffMs(retryBackoffMs, retryBackoffMaxMs, failures, random))
    }
  }
}
