/** The newest batches of each log, kept in memory so that reads of the tail touch no disk. Bounded a log and over all logs. */

/** Chunks smaller than this part of the memory they share are copied, so that a small batch does not keep a whole network buffer alive. */
const MIN_SHARE = 0.5

interface CachedChunk {
  readonly baseOffset: number
  readonly chunk: Buffer
}

const EVICTED: CachedChunk = { baseOffset: -1, chunk: Buffer.alloc(0) }

export interface CacheRead {
  readonly chunks: Buffer[]
  readonly sizeBytes: number
  /** After the last batch. */
  readonly nextOffset: number
}

/** The budget that all tail caches share: the least recently used log gives way first. */
export class TailCachePool {
  readonly maxBytes: number
  readonly maxLogBytes: number
  #bytes = 0
  /** In order of last use. */
  readonly #caches = new Set<TailCache>()

  constructor(maxBytes: number, maxLogBytes: number) {
    this.maxBytes = maxBytes
    this.maxLogBytes = maxLogBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @internal */
  resized(delta: number): void {
    this.#bytes += delta
  }

  /** @internal */
  used(cache: TailCache): void {
    this.#caches.delete(cache)
    this.#caches.add(cache)
  }

  /** @internal */
  forget(cache: TailCache): void {
    this.#caches.delete(cache)
  }

  /** @internal */
  shrink(): void {
    for (const cache of this.#caches) {
      while (this.#bytes > this.maxBytes && cache.evictOldest()) continue
      if (this.#bytes <= this.maxBytes) return
    }
  }
}

export class TailCache {
  readonly #pool: TailCachePool
  #entries: CachedChunk[] = []
  /** Entries before this one are evicted, waiting to be cut off in one go. */
  #head = 0
  #bytes = 0
  #endOffset = -1

  constructor(pool: TailCachePool) {
    this.#pool = pool
  }

  /** Adds one batch, which must follow the last one added. */
  append(chunk: Buffer, baseOffset: number, nextOffset: number): void {
    const kept = chunk.length < chunk.buffer.byteLength * MIN_SHARE ? Buffer.from(chunk) : chunk
    this.#entries.push({ baseOffset, chunk: kept })
    this.#endOffset = nextOffset
    this.#bytes += kept.length
    this.#pool.resized(kept.length)
    this.#pool.used(this)
    while (this.#bytes > this.#pool.maxLogBytes && this.evictOldest()) continue
    this.#pool.shrink()
  }

  /** Batches from the one that holds `offset`, below `upperBound`; undefined when that one is not here. At least one batch when `minOneBatch`. */
  read(offset: number, maxBytes: number, upperBound: number, minOneBatch: boolean): CacheRead | undefined {
    const first = this.#entries[this.#head]
    if (first === undefined || offset < first.baseOffset || offset >= this.#endOffset) return undefined
    this.#pool.used(this)
    const chunks: Buffer[] = []
    let sizeBytes = 0
    let at = this.#floor(offset)
    for (; at < this.#entries.length; at++) {
      const { baseOffset, chunk } = this.#entries[at] as CachedChunk
      if (baseOffset >= upperBound) break
      if (sizeBytes + chunk.length > maxBytes && !(minOneBatch && chunks.length === 0)) break
      chunks.push(chunk)
      sizeBytes += chunk.length
    }
    return { chunks, sizeBytes, nextOffset: this.#entries[at]?.baseOffset ?? this.#endOffset }
  }

  /** False when it is empty. @internal */
  evictOldest(): boolean {
    const oldest = this.#entries[this.#head]
    if (oldest === undefined) return false
    this.#entries[this.#head] = EVICTED
    this.#head++
    this.#bytes -= oldest.chunk.length
    this.#pool.resized(-oldest.chunk.length)
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return true
  }

  /** Drops what begins before `offset`: the files say something else by now. */
  dropBefore(offset: number): void {
    while ((this.#entries[this.#head]?.baseOffset ?? offset) < offset && this.evictOldest()) continue
  }

  clear(): void {
    while (this.evictOldest()) continue
    this.#entries = []
    this.#head = 0
    this.#pool.forget(this)
  }

  #floor(offset: number): number {
    let low = this.#head
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as CachedChunk).baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
