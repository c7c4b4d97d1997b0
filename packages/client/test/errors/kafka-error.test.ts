import assert from 'node:assert/strict'
import { it } from 'node:test'
import { errors } from '@odradek/protocol'
import { brokerError, brokerErrorAction } from '../../src/errors/broker-error-actions.ts'
import { BrokerError, ConfigError, ConnectionError, KafkaError, TimeoutError } from '../../src/index.ts'

it('instanceof tells the classes apart, and holds for another copy of them', () => {
  const error = new TimeoutError('late')
  assert.ok(error instanceof KafkaError && error instanceof TimeoutError)
  assert.ok(!(error instanceof ConnectionError) && !(new ConfigError('x') instanceof TimeoutError))
  // What a second copy of the package makes: the same symbols, other classes.
  const foreign = Object.assign(new Error('late'), { [Symbol.for('odradek.KafkaError')]: true, [Symbol.for('odradek.TimeoutError')]: true })
  assert.ok(foreign instanceof TimeoutError && !(foreign instanceof ConfigError))
  for (const other of [null, 'text', undefined, new Error('x')] as unknown[]) assert.ok(!(other instanceof KafkaError))
})

it('a class derived by an application is compared as classes are', () => {
  class Mine extends KafkaError {}
  assert.ok(!(new ConfigError('x') instanceof Mine))
  assert.ok(new Mine('STATE', 'x') instanceof KafkaError)
})

it('carries code, cause and what to do', () => {
  const cause = new Error('first')
  const error = new ConnectionError('broken', { cause })
  assert.deepEqual([error.code, error.retriable, error.fatal, error.cause], ['CONNECTION', true, false, cause])
})

it('every error of the table has an action, and what is retriable is not given up', () => {
  for (const { code, name, retriable } of errors) {
    if (name === 'NONE') continue
    const action = brokerErrorAction(code)
    const error = brokerError(code, 'Test')
    assert.ok(error instanceof BrokerError)
    assert.equal(error.code, name)
    assert.equal(error.errorCode, code)
    if (retriable) assert.ok(['retry', 'refresh-metadata', 'find-coordinator'].includes(action), name)
  }
})
