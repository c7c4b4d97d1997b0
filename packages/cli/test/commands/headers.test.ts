import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectHeader } from '../../src/commands/produce/headers.ts'

test('headers keep their order, several of one name included', () => {
  assert.deepEqual(collectHeader('a=2', collectHeader('b=x=y', collectHeader('a=1'))), [
    { key: 'a', value: '1' },
    { key: 'b', value: 'x=y' },
    { key: 'a', value: '2' },
  ])
})

test('a header without a value to its name is refused', () => {
  assert.throws(() => collectHeader('a'), /KEY=VALUE/)
})
