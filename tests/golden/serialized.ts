/** Samples that Kafka's own classes serialised: read, and held against our encoder and decoder. */

import assert from 'node:assert/strict'
import { fromJson, type Subject } from './subjects.ts'

export interface Sample {
  /** Without its package. */
  readonly className: string
  readonly version: number
  readonly json: string
  readonly bytes: Buffer
}

/** Reads the lines of SerializeMessages.java; those that start with # are comments. */
export function parseSamples(text: string): Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [className = '', version = '', json = '', hex = ''] = line.split('\t')
    return { className, version: Number(version), json, bytes: Buffer.from(hex, 'hex') }
  })
}

/** Our encoder makes the same bytes of the same message, and our decoder makes of the bytes what stands in the message. */
export function checkSample(subject: Subject, sample: Sample): void {
  const { version, bytes } = sample
  const label = `${sample.className} version ${version}: ${sample.json}`
  const message = fromJson(subject.fields, JSON.parse(sample.json) as Record<string, unknown>)
  assert.equal(subject.encode(message, version).toString('hex'), bytes.toString('hex'), label)
  const decoded = subject.decode(bytes, version)
  assertContains(decoded, message, label)
  assert.equal(subject.encode(decoded, version).toString('hex'), bytes.toString('hex'), label)
}

/** Every value in `expected` is in `actual`, which may hold more fields. */
function assertContains(actual: unknown, expected: unknown, label: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual) && actual.length === expected.length, label)
    for (const [index, element] of expected.entries()) assertContains(actual[index], element, label)
  } else if (typeof expected === 'object' && expected !== null && !Buffer.isBuffer(expected)) {
    assert.ok(typeof actual === 'object' && actual !== null, label)
    const fields = new Map(Object.entries(actual))
    for (const [name, value] of Object.entries(expected)) assertContains(fields.get(name), value, `${name} of ${label}`)
  } else assert.deepEqual(actual, expected, label)
}

export function simpleName(className: string): string {
  return className.slice(className.lastIndexOf('.') + 1)
}
