/** Producer ids, taken from blocks that are written down before the first id of them is given out. */

import type { MetadataStore } from './metadata-store.ts'

const blockSize = 1000

export class ProducerIds {
  readonly #store: MetadataStore
  readonly #nodeId: number
  #next = 0
  #end = 0
  #allocating: Promise<void> | undefined

  constructor(store: MetadataStore, nodeId: number) {
    this.#store = store
    this.#nodeId = nodeId
  }

  /** An id that no producer has had, across restarts. Rejects when the metadata log cannot be written. */
  async next(): Promise<number> {
    while (this.#next === this.#end) {
      this.#allocating ??= this.#allocate().finally(() => {
        this.#allocating = undefined
      })
      await this.#allocating
    }
    return this.#next++
  }

  async #allocate(): Promise<void> {
    const start = await this.#store.change((image) => {
      const first = image.nextProducerId
      return { records: [{ type: 'producer-ids', nodeId: this.#nodeId, nextProducerId: first + blockSize }], result: first }
    })
    this.#next = start
    this.#end = start + blockSize
  }
}
