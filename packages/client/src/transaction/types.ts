/** Transactions as applications see them. */

import type { ConsumerGroupMetadata } from '../consumer/types.ts'
import type { ProducerRecord, RecordMetadata, SentBatch } from '../producer/types.ts'
import type { OffsetToCommit } from '../topic-partition.ts'

/** What `producer.transaction()` hands to its function: all that it sends counts together, or not at all. */
export interface Transaction<K, V> {
  /** As `producer.send()`. Need not be awaited: a record that fails fails the transaction. */
  send(record: ProducerRecord<K, V>): Promise<RecordMetadata>
  /** As `producer.sendBatch()`. */
  sendBatch(records: readonly ProducerRecord<K, V>[]): Promise<SentBatch>
  /** As `producer.sendOffsetsToTransaction()`. */
  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void>
}

/** A producer with `transactional.id` (KIP-98). Every method throws or rejects with StateError when there is none, or out of turn. */
export interface TransactionalProducer<K, V> {
  /**
   * Once, before the first transaction: ends what an earlier producer with this `transactional.id` has left open, and fences that producer.
   * Rejects with TimeoutError after `max.block.ms`; it may then be called again.
   */
  initTransactions(): Promise<void>
  /** Opens a transaction: what is sent from here on belongs to it. Throws StateError. */
  beginTransaction(): void
  /**
   * Commits a group's offsets with the transaction (KIP-447): `offset` is that of the next record to read. `group` is the consumer's
   * `groupMetadata()`, taken after the `poll()` that gave the records; a member that the group has replaced is refused. The consumer's own
   * auto-commit has to be off. Rejects with ConfigError when an argument is wrong: nothing was sent, the transaction goes on. Rejects with
   * another KafkaError when the offsets cannot be committed: the transaction can then only be aborted.
   */
  sendOffsetsToTransaction(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void>
  /**
   * Sends what is queued, waits for all of it, and makes it count. Rejects with what went wrong: when `fatal`, close the producer; a
   * TimeoutError after `max.block.ms` while the end is not known: call it again; all else: call `abortTransaction()`.
   */
  commitTransaction(): Promise<void>
  /** Drops what is queued and undoes what was sent. Rejects when `fatal`, or with TimeoutError after `max.block.ms`: call it again. */
  abortTransaction(): Promise<void>
  /**
   * Runs `run` in a transaction, which is committed when it resolves; when it rejects, or a record fails, the transaction is aborted and the
   * error rejects; where the abort is the end of the producer, its fatal error, with the first as its cause. Calls `initTransactions()` when
   * nobody has. One at a time. Resolves with what `run` resolved with. When the error is `fatal` close the producer; after any other the next
   * transaction may be tried. A TimeoutError of the commit leaves open how it ended; the next call finds out first.
   */
  transaction<T>(run: (transaction: Transaction<K, V>) => Promise<T>): Promise<T>
}
