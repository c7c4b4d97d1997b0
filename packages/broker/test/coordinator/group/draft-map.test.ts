import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DraftMap, settled } from '../../../src/coordinator/group/classic/draft-map.ts'

/** Numbers from 0 up to `bound`, the same at each run. */
function generator(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % bound
  }
}

test('a draft is what a changed copy would be, in the same order, and leaves its base alone until it settles', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const below = generator(seed)
    const entries = Array.from({ length: below(6) }, (_, index): [number, number] => [index, -1])
    const base = new Map(entries)
    const copy = new Map(entries)
    const draft = new DraftMap(base)
    for (let change = 0; change < 12; change++) {
      const key = below(8)
      if (below(3) === 0) {
        draft.delete(key)
        copy.delete(key)
      } else {
        draft.set(key, change)
        copy.set(key, change)
      }
      assert.deepEqual([...draft], [...copy])
      assert.deepEqual([...draft.keys()], [...copy.keys()])
      assert.deepEqual([...draft.values()], [...copy.values()])
      assert.equal(draft.size, copy.size)
      for (let each = 0; each < 8; each++) assert.deepEqual([draft.has(each), draft.get(each)], [copy.has(each), copy.get(each)])
    }
    assert.deepEqual([...base], entries)
    assert.equal(settled(draft), base)
    assert.deepEqual([...base], [...copy])
  }
})
