import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../../src/errors.ts'
import { compileFormat } from '../../src/records/format.ts'

const record = {
  topic: 'orders',
  partition: 2,
  offset: 41,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from([1, 255]),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'a', value: null },
  ],
}
const render = (format: string, of = record): Buffer => Buffer.concat(compileFormat(format)(of))

test('each directive prints its part, bytes as they are', () => {
  assert.equal(render('%t %p %o %k %K %S %T %h%%').toString('latin1'), 'orders 2 41 k 1 2 1700000000000 a=1,a=NULL%')
  assert.deepEqual(render('%v'), Buffer.from([1, 255]))
  assert.deepEqual(render('%s'), Buffer.from([1, 255]))
})

test('escapes', () => {
  assert.equal(render('a\\tb\\n\\\\\\x41\\q').toString(), 'a\tb\n\\A\\q')
})

test('null has length −1 and prints as nothing', () => {
  const nothing = { ...record, key: null, value: null }
  assert.equal(Buffer.concat(compileFormat('[%k|%v|%K|%S]')(nothing)).toString(), '[||-1|-1]')
})

test('an unknown directive is refused with the known ones', () => {
  assert.throws(
    () => compileFormat('%z'),
    (error) => error instanceof UsageError && /unknown format %z; known are %t/.test(error.message),
  )
  assert.throws(() => compileFormat('100%'), UsageError)
})
