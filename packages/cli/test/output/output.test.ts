import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cell, renderRows } from '../../src/output/output.ts'

interface Row {
  readonly topic: string
  readonly lag: number | null
}
const columns: readonly (readonly [string, (row: Row) => Cell])[] = [
  ['TOPIC', (row) => row.topic],
  ['LAG', (row) => row.lag],
]
const rows: readonly Row[] = [
  { topic: 'orders', lag: 7 },
  { topic: 'a-longer-name', lag: null },
]

test('a table lines its columns up, without borders, - for null', async () => {
  assert.equal(await renderRows({ rows, columns }, 'table'), 'TOPIC          LAG\norders         7\na-longer-name  -\n')
})

test('the same rows for a program', async () => {
  assert.deepEqual(JSON.parse(await renderRows({ rows, columns }, 'json')), rows)
  assert.equal(await renderRows({ rows, columns }, 'ndjson'), '{"topic":"orders","lag":7}\n{"topic":"a-longer-name","lag":null}\n')
  assert.equal(await renderRows({ rows, columns }, 'yaml'), '- topic: orders\n  lag: 7\n- topic: a-longer-name\n  lag: null\n')
})

test('no rows', async () => {
  assert.equal(await renderRows({ rows: [], columns }, 'table'), '')
  assert.equal(await renderRows({ rows: [], columns }, 'json'), '[]\n')
})
