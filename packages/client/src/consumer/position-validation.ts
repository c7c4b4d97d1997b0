/**
 * Detects truncation (KIP-320): after an unclean election the log of the new leader may end before a position, or hold other records there.
 * Each position whose epoch is known is therefore checked with every new leader before anything is fetched from it.
 */

import type { OffsetForLeaderEpochResponseEpochEndOffset } from '@odradek/protocol'
import { ErrorCodes, offsetForLeaderEpoch } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { KafkaError, LogTruncationError, UnsupportedError } from '../errors/kafka-error.ts'
import { partitionKey } from '../topic-partition.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { FetchRetries } from './fetch-retries.ts'
import type { ResetTo } from './offset-reset.ts'
import type { Subscription } from './subscription.ts'

export interface PositionValidationOptions<K, V> {
  readonly cluster: Cluster
  readonly subscription: Subscription<K, V>
  readonly retries: FetchRetries
  /** Undefined: truncation is an error. */
  readonly offsetReset: ResetTo | undefined
  readonly onChange: () => void
  readonly onError: (error: unknown) => void
}

/** A consumer, not a replica. */
const NO_REPLICA = -1

interface Asked<K, V> {
  readonly partition: AssignedPartition<K, V>
  readonly offset: number
  readonly epoch: number
  readonly leaderEpoch: number
}

export class PositionValidation<K, V> {
  readonly #options: PositionValidationOptions<K, V>
  readonly #busyNodes = new Set<number>()

  constructor(options: PositionValidationOptions<K, V>) {
    this.#options = options
  }

  /** Asks the leader of these partitions, in the background, unless it is being asked already. */
  validate(nodeId: number, partitions: readonly AssignedPartition<K, V>[]): void {
    if (this.#busyNodes.has(nodeId)) return
    const { cluster, onChange } = this.#options
    const asked = partitions.flatMap((partition): Asked<K, V>[] => {
      const { fetchOffset: offset, fetchEpoch: epoch } = partition
      const leaderEpoch = cluster.metadata.leaderEpoch(partition.topic, partition.partition)
      return offset === undefined ? [] : [{ partition, offset, epoch, leaderEpoch }]
    })
    this.#busyNodes.add(nodeId)
    this.#ask(nodeId, asked)
      .catch((error: unknown) => this.#onFailure(asked, error))
      .finally(() => {
        this.#busyNodes.delete(nodeId)
        onChange()
      })
  }

  async #ask(nodeId: number, asked: readonly Asked<K, V>[]): Promise<void> {
    const byTopic = new Map<string, Asked<K, V>[]>()
    for (const each of asked) byTopic.set(each.partition.topic, [...(byTopic.get(each.partition.topic) ?? []), each])
    const response = await this.#options.cluster.request(nodeId, offsetForLeaderEpoch, {
      replicaId: NO_REPLICA,
      topics: [...byTopic].map(([topic, each]) => ({
        topic,
        partitions: each.map(({ partition: { partition }, epoch, leaderEpoch }) => ({
          partition,
          currentLeaderEpoch: leaderEpoch,
          leaderEpoch: epoch,
        })),
      })),
    })
    const answers = new Map(
      response.topics.flatMap(({ topic, partitions }) => partitions.map((answer) => [partitionKey(topic, answer.partition), answer])),
    )
    for (const each of asked) {
      const { topic, partition } = each.partition
      const answer = answers.get(partitionKey(topic, partition))
      if (answer === undefined) this.#options.retries.backOff(each.partition)
      else this.#onAnswer(each, answer)
    }
  }

  #onAnswer(asked: Asked<K, V>, { errorCode, leaderEpoch, endOffset }: OffsetForLeaderEpochResponseEpochEndOffset): void {
    const { partition } = asked
    if (!this.#isCurrent(asked)) return
    if (errorCode !== ErrorCodes.NONE) {
      this.#onPartitionError(partition, errorCode)
      return
    }
    partition.failures = 0
    const isKnown = endOffset >= 0 && leaderEpoch >= 0
    if (isKnown && endOffset >= asked.offset) partition.validatedEpoch = asked.leaderEpoch
    // What was fetched ahead may be what is gone; the position itself is checked next.
    else if (partition.chunks.length > 0) partition.forgetFetched()
    else this.#onTruncation(asked, isKnown ? { offset: endOffset, epoch: leaderEpoch } : undefined)
  }

  /** As Java does: with a reset policy, on from where the logs part, or from where the policy says when that is not known. */
  #onTruncation(
    { partition, offset, leaderEpoch }: Asked<K, V>,
    end: { readonly offset: number; readonly epoch: number } | undefined,
  ): void {
    const { offsetReset, onError, retries } = this.#options
    if (offsetReset === undefined) {
      retries.backOff(partition)
      onError(new LogTruncationError({ topic: partition.topic, partition: partition.partition, offset }, end?.offset))
    } else if (end === undefined) {
      partition.reset(offsetReset)
    } else {
      partition.seek(end.offset, end.epoch)
      partition.validatedEpoch = leaderEpoch
    }
  }

  #onPartitionError(partition: AssignedPartition<K, V>, errorCode: number): void {
    const { retries, onError } = this.#options
    retries.backOff(partition)
    const action = brokerErrorAction(errorCode)
    if (action === 'refresh-metadata') retries.refreshMetadata()
    else if (action !== 'retry')
      onError(brokerError(errorCode, `Cannot validate the position of ${partition.topic}-${partition.partition}`))
  }

  #onFailure(asked: readonly Asked<K, V>[], error: unknown): void {
    const { cluster, retries, onError } = this.#options
    if (cluster.isClosed) return
    if (error instanceof UnsupportedError) {
      // Nobody can tell: as before KIP-320.
      for (const { partition, leaderEpoch } of asked) partition.validatedEpoch = leaderEpoch
      return
    }
    for (const { partition } of asked) retries.backOff(partition)
    if (error instanceof KafkaError && error.retriable) retries.refreshMetadata()
    else onError(error)
  }

  /** Not given up, nor sought elsewhere, while the leader was asked. */
  #isCurrent({ partition, offset, epoch }: Asked<K, V>): boolean {
    return this.#options.subscription.find(partition) === partition && partition.fetchOffset === offset && partition.fetchEpoch === epoch
  }
}
