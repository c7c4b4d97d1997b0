/** Owns what was sent, what was acknowledged and what was read back, and says where the three disagree. */

export interface Sent {
  readonly key: string
  /** Position among the records of its key. */
  readonly sequence: number
}

export interface Placed extends Sent {
  readonly partition: number
  readonly offset: number
}

export class Ledger {
  readonly #keys: readonly string[]
  readonly #sequences = new Map<string, number>()
  readonly sent: Sent[] = []
  readonly acknowledged: Placed[] = []
  readonly failures: unknown[] = []
  /** By partition and offset: reading twice what was committed late is no fault. */
  readonly #consumed = new Map<string, Placed>()
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>()

  constructor(keys: readonly string[]) {
    this.#keys = keys
  }

  get consumed(): Placed[] {
    return [...this.#consumed.values()]
  }

  next(pick: (bound: number) => number): Sent {
    const key = this.#keys[pick(this.#keys.length)] ?? 'none'
    const sequence = this.#sequences.get(key) ?? 0
    this.#sequences.set(key, sequence + 1)
    const record = { key, sequence }
    this.sent.push(record)
    return record
  }

  acknowledge(record: Sent, partition: number, offset: number): void {
    this.acknowledged.push({ ...record, partition, offset })
    for (const waiter of this.#waiting) {
      if (this.acknowledged.length < waiter.count) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }

  /** Resolves once so many records are acknowledged. */
  reached(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.acknowledged.length >= count) resolve()
      else this.#waiting.add({ count, resolve })
    })
  }

  consume(record: Placed): void {
    this.#consumed.set(placeOf(record), record)
  }

  /** Acknowledged records that are not where the acknowledgement says. */
  lost(): string[] {
    return this.acknowledged.filter((record) => nameOf(this.#consumed.get(placeOf(record))) !== nameOf(record)).map(describe)
  }

  /** Records that are there more than once. */
  duplicated(): string[] {
    const seen = new Set<string>()
    return this.consumed
      .filter((record) => {
        const name = nameOf(record)
        const isAgain = seen.has(name)
        seen.add(name)
        return isAgain
      })
      .map(describe)
  }

  /** Records that come, by offset, after a later one of their key. */
  disordered(): string[] {
    const latest = new Map<string, number>()
    const byOffset = this.consumed.sort((left, right) => left.partition - right.partition || left.offset - right.offset)
    return byOffset
      .filter(({ key, sequence }) => {
        const isLate = sequence < (latest.get(key) ?? -1)
        latest.set(key, Math.max(sequence, latest.get(key) ?? -1))
        return isLate
      })
      .map(describe)
  }
}

function placeOf({ partition, offset }: Placed): string {
  return `${partition}:${offset}`
}

function nameOf(record: Sent | undefined): string {
  return record === undefined ? 'nothing' : `${record.key}#${record.sequence}`
}

function describe(record: Placed): string {
  return `${nameOf(record)} at ${placeOf(record)}`
}
