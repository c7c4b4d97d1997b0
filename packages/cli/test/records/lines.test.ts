import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineSplitter } from '../../src/records/lines.ts'

function splitInto(text: Buffer, chunkBytes: number): string[] {
  const splitter = new LineSplitter(1000)
  const lines: Buffer[] = []
  for (let start = 0; start < text.length; start += chunkBytes) lines.push(...splitter.split(text.subarray(start, start + chunkBytes)))
  const last = splitter.end()
  return [...lines, ...(last === undefined ? [] : [last])].map((line) => line.toString('latin1'))
}

test('lines are the same however the input is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\r', ' ') })),
      fc.integer({ min: 1, max: 7 }),
      (lines, chunkBytes) => {
        const input = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const expected = lines.map((line) => Buffer.from(line.replace(/\r$/, '')).toString('latin1'))
        assert.deepEqual(splitInto(input, chunkBytes), expected)
      },
    ),
  )
})

test('the last line may lack its end', () => {
  assert.deepEqual(splitInto(Buffer.from('a\r\nb'), 2), ['a', 'b'])
})

test('a line without end is not kept without limit', () => {
  const splitter = new LineSplitter(10)
  splitter.split(Buffer.alloc(8, 97))
  assert.throws(() => splitter.split(Buffer.alloc(8, 97)), RangeError)
})
