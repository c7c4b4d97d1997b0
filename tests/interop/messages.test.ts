/** Our encoder and decoder against Kafka's own classes: every message in every version, with defaults, nulls and arbitrary values. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serialize } from '../golden/run-serializer.ts'
import { checkSample, parseSamples, simpleName } from '../golden/serialized.ts'
import { subjects } from '../golden/subjects.ts'

const samplesPerVersion = 8

test('every message in every version equals what Kafka serialises, byte for byte', async () => {
  const all = await subjects()
  const samples = parseSamples((await serialize(all, samplesPerVersion)).join('\n'))
  for (const subject of all) {
    const [from, to] = subject.versions
    const own = samples.filter((sample) => sample.className === simpleName(subject.className))
    for (let version = from; version <= to; version++) {
      const ofVersion = own.filter((sample) => sample.version === version)
      assert.equal(ofVersion.length, samplesPerVersion, `${subject.className} version ${version}`)
      for (const sample of ofVersion) checkSample(subject, sample)
    }
  }
})
