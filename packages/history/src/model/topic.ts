/** A topic as declared, and what names a partition of it. */

import type { TopicEvent } from '../format/events.ts'

export class TopicState {
  readonly name: string
  readonly isCompacted: boolean
  readonly isForeign: boolean
  /** Keys of records that may be anywhere in it: their acknowledgement never came or did not say. */
  readonly floatingKeys: Map<string, number> = new Map()

  constructor(event: TopicEvent) {
    this.name = event.topic
    this.isCompacted = event.cleanup === 'compact'
    this.isForeign = event.foreign === true
  }
}

/** Which partition: records, groups and transactions know no more of one, as its log knows them. */
export interface TopicPartition {
  readonly topic: TopicState
  readonly partition: number
  readonly name: string
}
