/** Changes to metadata, one after the other: decided on the state that is durable, written, and only then visible. */

import type { ClusterImage } from './cluster-image.ts'
import type { MetadataLog } from './metadata-log.ts'
import type { MetadataRecord } from './metadata-records.ts'

export interface Decision<Result> {
  readonly records: readonly MetadataRecord[]
  readonly result: Result
}

export class MetadataStore {
  readonly image: ClusterImage
  readonly #log: MetadataLog
  readonly #listeners = new Set<(records: readonly MetadataRecord[]) => void>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(log: MetadataLog, image: ClusterImage) {
    this.#log = log
    this.image = image
  }

  /**
   * `decide` sees every earlier change. Resolves once what it decided is durable and visible; rejects, with nothing changed, when it
   * throws or when the write fails.
   */
  change<Result>(decide: (image: ClusterImage) => Decision<Result>): Promise<Result> {
    const done = this.#last.then(() => this.#run(decide))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #run<Result>(decide: (image: ClusterImage) => Decision<Result>): Promise<Result> {
    const { records, result } = decide(this.image)
    if (records.length === 0) return result
    await this.#log.append(records)
    for (const record of records) this.image.apply(record)
    for (const listener of this.#listeners) listener(records)
    return result
  }

  /** Calls `listener` with the records of each change once it is visible. Returns the unsubscriber. */
  onChange(listener: (records: readonly MetadataRecord[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Waits for the changes that have been asked for, then closes the log. */
  async close(): Promise<void> {
    await this.#last
    await this.#log.close()
  }
}
