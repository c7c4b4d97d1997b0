import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coordinatorPartition, javaHashCode } from '../../../src/coordinator/runtime/java-hash.ts'

// Expected values come from String.hashCode of OpenJDK.
test('hash codes are those of Java', () => {
  assert.equal(javaHashCode(''), 0)
  assert.equal(javaHashCode('billing'), -109829509)
  assert.equal(javaHashCode('console-consumer-12345'), 158455506)
  assert.equal(javaHashCode('größe-😀'), 175616671)
  assert.equal(javaHashCode('polygenelubricants'), -2147483648)
})

test('the one hash code without a positive counterpart goes to partition 0', () => {
  assert.equal(coordinatorPartition('polygenelubricants', 50), 0)
  assert.equal(coordinatorPartition('billing', 50), 9)
  assert.equal(coordinatorPartition('', 50), 0)
})
