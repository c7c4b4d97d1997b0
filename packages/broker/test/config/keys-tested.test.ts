/** Whatever the broker accepts it acts on, and some test shows it: those that only tools ask for are listed here. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brokerKeys } from '../../src/config/broker-keys.ts'
import { isTopicKey, topicKeys } from '../../src/config/topic-keys.ts'

/** Accepted, shown and without effect: there is nothing here for them to act on. */
const withoutEffect: readonly string[] = [
  'follower.replication.throttled.replicas',
  'leader.replication.throttled.replicas',
  'local.retention.bytes',
  'local.retention.ms',
  'preallocate',
  'remote.log.copy.disable',
  'remote.log.delete.on.disable',
  'unclean.leader.election.enable',
]

const folder = fileURLToPath(new URL('../../../test/', import.meta.url))
/** The list above is no test of anything. */
const own = basename(import.meta.url).replace('.js', '.ts')

function testSources(): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && basename(path) !== own)
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n')
}

test('every key that is accepted is named in a test of the broker, but for those without effect', () => {
  const keys = new Set([...Object.keys(brokerKeys), ...Object.keys(topicKeys)])
  const named = new Set(testSources().match(/[a-z][a-z0-9]*(?:\.[a-z0-9]+)*/g))
  const unnamed = [...keys].filter((key) => !withoutEffect.includes(key) && !named.has(key))
  assert.deepEqual(unnamed, [])
})

test('a key without effect says so', () => {
  const saying = Object.keys(topicKeys).filter((name) => isTopicKey(name) && topicKeys[name].doc.startsWith('Kept for tools'))
  assert.deepEqual(saying.toSorted(), withoutEffect)
  assert.deepEqual(
    Object.entries(brokerKeys)
      .filter(([, { doc }]) => doc.startsWith('Kept for tools'))
      .map(([name]) => name),
    [],
  )
})
