// The payloads that every program takes its records from: a file of a thousand of one size, the same in each run.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchCacheDir } from './paths.mjs'

const count = 1000

// A linear congruential generator: the same payloads everywhere.
function random() {
  let state = 20_261_127
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const cities = ['Prague', 'Vienna', 'Lisbon', 'Oslo', 'Turin', 'Gdansk', 'Porto', 'Leeds']

// An order as a shop's service would write it, padded to the size by its note.
function order(next, n, size) {
  const fields = {
    orderId: `o-${next(1_000_000)}`,
    customer: { id: next(50_000), city: cities[next(cities.length)] },
    items: Array.from({ length: 1 + next(3) }, () => ({ sku: `sku-${next(5000)}`, quantity: 1 + next(4), cents: next(20_000) })),
    placedAt: new Date(1_700_000_000_000 + n * 1000).toISOString(),
    note: '',
  }
  const length = Buffer.byteLength(JSON.stringify(fields))
  fields.note = letters(next, size - length)
  return JSON.stringify(fields)
}

const letters = (next, length) => String.fromCharCode(...Array.from({ length }, () => 97 + next(26)))

// `shape`: json, or text of random letters. Returns the path of the file.
export function writePayloads(shape, size) {
  const next = random()
  const payloads = Array.from({ length: count }, (_, n) => (shape === 'json' ? order(next, n, size) : letters(next, size)))
  const bytes = Buffer.from(payloads.join(''))
  if (bytes.length !== count * size) throw new Error(`payloads of ${shape} do not fit into ${size} bytes`)
  mkdirSync(benchCacheDir, { recursive: true })
  const path = join(benchCacheDir, `payloads-${shape}-${size}`)
  writeFileSync(path, bytes)
  return path
}
