/** The configuration of the transaction coordinator. Names and defaults are Kafka's. */

export interface TransactionCoordinatorConfig {
  /** transaction.max.timeout.ms */
  readonly maxTimeoutMs: number
  /** transactional.id.expiration.ms */
  readonly idExpirationMs: number
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  readonly timeoutCheckIntervalMs: number
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  readonly expirationCheckIntervalMs: number
  /** How long a response may wait for its records to be durable. */
  readonly writeTimeoutMs: number
}

export const defaultTransactionCoordinatorConfig: TransactionCoordinatorConfig = {
  maxTimeoutMs: 900_000,
  idExpirationMs: 604_800_000,
  timeoutCheckIntervalMs: 10_000,
  expirationCheckIntervalMs: 3_600_000,
  writeTimeoutMs: 30_000,
}
