/** A producer and what its mode promises. */

import type { OpenProducerEvent } from '../format/events.ts'

export class ProducerState {
  readonly client: string
  readonly process: string
  readonly options: OpenProducerEvent
  /** A retry may write a record a second time. */
  readonly mayDuplicate: boolean
  /** Records of a partition stay in the order in which they were sent, whatever is retried. */
  readonly isOrdered: boolean
  /** Line at which a successor with its transactional id was ready; 0 = never. */
  fencedLine = 0

  constructor(options: OpenProducerEvent) {
    this.client = options.client
    this.process = options.process
    this.options = options
    this.mayDuplicate = !options.idempotent && options.retries !== 0
    this.isOrdered = options.idempotent || options.maxInFlight === 1
  }
}
