/** A map as a transition would have it: reads and iterates like a changed copy, and costs what has changed. */

export class DraftMap<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly #base: ReadonlyMap<Key, Value>
  /** New values of keys that keep their place. */
  readonly #replaced = new Map<Key, Value>()
  /** Keys of the base that are gone; one that came back since is among the added. */
  readonly #removed = new Set<Key>()
  readonly #added = new Map<Key, Value>()

  constructor(base: ReadonlyMap<Key, Value>) {
    this.#base = base
  }

  get size(): number {
    return this.#base.size - this.#removed.size + this.#added.size
  }

  has(key: Key): boolean {
    return this.#added.has(key) || this.#isInPlace(key)
  }

  get(key: Key): Value | undefined {
    if (this.#added.has(key)) return this.#added.get(key)
    if (this.#replaced.has(key)) return this.#replaced.get(key)
    return this.#removed.has(key) ? undefined : this.#base.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#isInPlace(key)) this.#replaced.set(key, value)
    else this.#added.set(key, value)
  }

  delete(key: Key): void {
    this.#added.delete(key)
    this.#replaced.delete(key)
    if (this.#base.has(key)) this.#removed.add(key)
  }

  *entries(): MapIterator<[Key, Value]> {
    for (const [key, value] of this.#base) {
      if (this.#removed.has(key)) continue
      yield [key, this.#replaced.has(key) ? (this.#replaced.get(key) ?? value) : value]
    }
    yield* this.#added
  }

  *keys(): MapIterator<Key> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries()
  }

  forEach(visit: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this)
  }

  /** Makes the changes in the map that the draft was begun with, and returns it. The draft, and who holds the map as it was, are done. */
  settle(): ReadonlyMap<Key, Value> {
    const base = isMap(this.#base) ? this.#base : new Map(this.#base)
    for (const key of this.#removed) base.delete(key)
    for (const [key, value] of this.#replaced) base.set(key, value)
    for (const [key, value] of this.#added) base.set(key, value)
    return base
  }

  #isInPlace(key: Key): boolean {
    return this.#base.has(key) && !this.#removed.has(key)
  }
}

/** The map itself; of a draft, what comes of it. */
export function settled<Key, Value>(map: ReadonlyMap<Key, Value>): ReadonlyMap<Key, Value> {
  return isDraft(map) ? map.settle() : map
}

function isDraft<Key, Value>(map: ReadonlyMap<Key, Value>): map is DraftMap<Key, Value> {
  return map instanceof DraftMap
}

function isMap<Key, Value>(map: ReadonlyMap<Key, Value>): map is Map<Key, Value> {
  return map instanceof Map
}
