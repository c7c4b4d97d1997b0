/**
 * What the transaction coordinator has said of producers whose next batch would begin a transaction here (KIP-890), until that batch is
 * appended. A marker voids it: the transaction that it was about has ended.
 */

export interface Membership {
  readonly producerEpoch: number
  /** NONE where the partition is part of the transaction. */
  readonly errorCode: number
  /** The second protocol begins each transaction in a new epoch, and so with sequence 0. */
  readonly beginsAtZero: boolean
}

/** Requests whose batch never came leave their answer behind; beyond this the oldest go. */
const answersMax = 1000

export class TransactionGuard {
  readonly #answers = new Map<number, Membership>()

  put(producerId: number, membership: Membership): void {
    this.#answers.delete(producerId)
    this.#answers.set(producerId, membership)
    if (this.#answers.size <= answersMax) return
    const [oldest] = this.#answers.keys()
    if (oldest !== undefined) this.#answers.delete(oldest)
  }

  /** The answer for this producer, once. */
  take(producerId: number, producerEpoch: number): Membership | undefined {
    const membership = this.#answers.get(producerId)
    if (membership === undefined || membership.producerEpoch !== producerEpoch) return undefined
    this.#answers.delete(producerId)
    return membership
  }

  drop(producerId: number): void {
    this.#answers.delete(producerId)
  }
}
