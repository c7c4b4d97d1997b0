import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, errorByCode, errors } from '../src/index.ts'

test('the table has every code once, in order', () => {
  assert.equal(errors.length, Object.keys(ErrorCodes).length)
  for (const [index, error] of errors.entries()) {
    assert.equal(error.code, index - 1)
    assert.equal(ErrorCodes[error.name], error.code)
    assert.equal(errorByCode(error.code), error)
  }
})

test('a code that is not known is an unknown server error', () => {
  for (const code of [-2, 999, 32_767]) assert.equal(errorByCode(code).name, 'UNKNOWN_SERVER_ERROR')
})

test('retriable follows the class of the exception', () => {
  assert.equal(errorByCode(ErrorCodes.NOT_LEADER_OR_FOLLOWER).retriable, true)
  assert.equal(errorByCode(ErrorCodes.TOPIC_AUTHORIZATION_FAILED).retriable, false)
})
