import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName } from '../../src/config/nearest.ts'
import { parseProperties } from '../../src/config/properties.ts'

test('a properties file is read as java.util.Properties reads it', () => {
  const text = [
    '# a comment',
    '  ! another',
    'bootstrap.servers=a:1,b:2',
    'spaced.key   =   value with trailing ',
    'colon:yes',
    'white space separated',
    'empty=',
    'alone',
    'continued=one,\\',
    '    two',
    'even.backslashes=ends\\\\',
    'escaped\\=key=a\\tb\\u00e9\\:c',
    'twice=1',
    'twice=2',
  ].join('\n')
  assert.deepEqual(parseProperties(text), {
    'bootstrap.servers': 'a:1,b:2',
    'spaced.key': 'value with trailing ',
    colon: 'yes',
    white: 'space separated',
    empty: '',
    alone: '',
    continued: 'one,two',
    'even.backslashes': 'ends\\',
    'escaped=key': 'a\tbé:c',
    twice: '2',
  })
})

test('the nearest name is suggested for a slip and none for a stranger', () => {
  const names = ['session.timeout.ms', 'max.poll.records', 'linger.ms']
  assert.equal(nearestName('session.timout.ms', names), 'session.timeout.ms')
  assert.equal(nearestName('LINGER.MS', names), 'linger.ms')
  assert.equal(nearestName('colour', names), undefined)
})
