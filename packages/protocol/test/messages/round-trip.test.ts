import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedError } from '../../src/index.ts'
import { arbitraryMessage } from '../support/arbitrary-message.ts'
import { forEachVersion } from '../support/codecs.ts'

const seed = 20_2611

test('an arbitrary message comes back as it was, in every version', async () => {
  await forEachVersion((codec, version) => {
    const property = fc.property(arbitraryMessage(codec.fields, version), (message) => {
      const bytes = codec.encode(message, version)
      const decoded = codec.decode(bytes, version)
      assertContains(decoded, message)
      assert.deepEqual(codec.encode(decoded, version), bytes)
    })
    assertProperty(property, 15, `${codec.name} version ${version}`)
  })
})

test('every field is there after decoding, in the order of the facts', async () => {
  await forEachVersion((codec, version) => {
    const [message] = fc.sample(arbitraryMessage(codec.fields, version), { numRuns: 1, seed })
    const decoded = codec.decode(codec.encode(message, version), version)
    assert.deepEqual(Object.keys(decoded as object), Object.keys(codec.fields), `${codec.name} version ${version}`)
  })
})

test('a message cut off at any byte is malformed, and nothing else', async () => {
  await forEachVersion((codec, version) => {
    for (const message of fc.sample(arbitraryMessage(codec.fields, version), { numRuns: 2, seed })) {
      const bytes = codec.encode(message, version)
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(
          () => codec.decode(bytes.subarray(0, length), version),
          MalformedError,
          `${codec.name} version ${version} at ${length}`,
        )
      }
    }
  })
})

test('a message with any byte changed is decoded or malformed, and nothing else', async () => {
  await forEachVersion((codec, version) => {
    const sample = fc.tuple(arbitraryMessage(codec.fields, version), fc.nat(), fc.integer({ min: 1, max: 255 }))
    for (const [message, at, mask] of fc.sample(sample, { numRuns: 25, seed })) {
      const bytes = codec.encode(message, version)
      // The first two bytes of what stands alone are its version or type.
      const position = 2 + (at % Math.max(1, bytes.length - 2))
      if (position >= bytes.length) continue
      bytes[position] = (bytes[position] ?? 0) ^ mask
      try {
        codec.decode(bytes, version)
      } catch (error) {
        assert.ok(error instanceof MalformedError, `${codec.name} version ${version}: ${String(error)}`)
      }
    }
  })
})

function assertProperty<T>(property: fc.IProperty<T>, numRuns: number, label: string): void {
  try {
    fc.assert(property, { numRuns, seed })
  } catch (error) {
    throw new Error(label, { cause: error })
  }
}

/** Every value in `expected` is in `actual`, which may hold more fields. */
function assertContains(actual: unknown, expected: unknown): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual) && actual.length === expected.length)
    for (const [index, element] of expected.entries()) assertContains(actual[index], element)
  } else if (typeof expected === 'object' && expected !== null && !Buffer.isBuffer(expected)) {
    assert.ok(typeof actual === 'object' && actual !== null)
    const fields = new Map(Object.entries(actual))
    for (const [name, value] of Object.entries(expected)) assertContains(fields.get(name), value)
  } else assert.deepEqual(actual, expected)
}
