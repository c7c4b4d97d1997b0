/** A topic as declared. */

import type { TopicEvent } from '../format/events.ts'
import { PartitionLog } from './partition-log.ts'

export class TopicState {
  readonly name: string
  readonly isCompacted: boolean
  readonly isForeign: boolean
  readonly logs: readonly PartitionLog[]
  /** Keys of records that may be anywhere in it: their acknowledgement never came or did not say. */
  readonly floatingKeys: Map<string, number> = new Map()

  constructor(event: TopicEvent) {
    this.name = event.topic
    this.isCompacted = event.cleanup === 'compact'
    this.isForeign = event.foreign === true
    this.logs = Array.from({ length: event.partitions }, (_, partition) => new PartitionLog(this, partition))
  }
}
