/** Our encoder and decoder against bytes that Apache Kafka made: each message in its lowest, first flexible and highest version. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { checkSample, parseSamples, simpleName } from './serialized.ts'
import { subjects } from './subjects.ts'

const samples = parseSamples(await readFile(new URL('../../golden/messages.tsv', import.meta.url), 'utf8'))

test('every message equals what Kafka serialises, byte for byte', async () => {
  for (const subject of await subjects()) {
    const own = samples.filter((sample) => sample.className === simpleName(subject.className))
    const versions = own.map((sample) => sample.version)
    assert.ok(versions.includes(subject.versions[0]) && versions.includes(subject.versions[1]), `no samples of ${subject.className}`)
    for (const sample of own) checkSample(subject, sample)
  }
})

test('a changed byte is noticed', async () => {
  const [subject] = await subjects()
  const sample = samples.find((candidate) => candidate.className === simpleName(subject?.className ?? ''))
  assert.ok(subject !== undefined && sample !== undefined)
  const bytes = Buffer.from(sample.bytes)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  assert.throws(() => checkSample(subject, { ...sample, bytes }))
})
