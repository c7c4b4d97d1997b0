/** The nouns that name a place in a topic, shared by consumer and admin. */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number
}

/** An offset to commit: of the next record to be consumed. */
export interface OffsetToCommit extends TopicPartitionOffset {
  /** Kept by the broker with the offset; empty by default. */
  readonly metadata?: string | undefined
  readonly leaderEpoch?: number | undefined
}

/** Where to go on reading: an offset to commit, or one that was, will do. */
export interface SeekPosition extends TopicPartitionOffset {
  /** Epoch of the record before it: where given, the log is checked for truncation first (KIP-320). */
  readonly leaderEpoch?: number | undefined
  readonly metadata?: string | undefined
}

/** What a group has committed for a partition. */
export interface CommittedOffset extends TopicPartitionOffset {
  readonly metadata: string
  /** −1 when unknown. */
  readonly leaderEpoch: number
}

/** A partition as metadata describes it. */
export interface PartitionInfo extends TopicPartition {
  /** Node id of the leader; −1 when there is none at present. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

/** The answer to a look-up by time: the first offset whose timestamp is at least the one asked for. */
export interface OffsetAndTimestamp extends TopicPartitionOffset {
  /** Milliseconds since the epoch; −1 when the broker gave none. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** A key for maps; a topic name cannot contain a colon. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}:${partition}`
}

/** The partitions of each topic, in the order of their first appearance. */
export function byTopic<P extends TopicPartition>(partitions: readonly P[]): Map<string, P[]> {
  const topics = new Map<string, P[]>()
  for (const partition of partitions) {
    const known = topics.get(partition.topic)
    if (known === undefined) topics.set(partition.topic, [partition])
    else known.push(partition)
  }
  return topics
}
