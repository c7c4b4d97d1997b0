/**
 * Makes tests/golden/messages.tsv anew, with Apache Kafka's own classes: `node tests/dist/golden/make-messages.js`.
 * Of each message it keeps one sample in the lowest, the first flexible and the highest version; the interop tests hold all of them.
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kafkaVersion } from '../interop/harness/kafka-dist.ts'
import { rootDir } from '../interop/harness/paths.ts'
import { serialize } from './run-serializer.ts'
import { simpleName } from './serialized.ts'
import { subjects } from './subjects.ts'

const all = await subjects()
const kept: string[] = []
const samplesPerVersion = 3
const lines = await serialize(all, samplesPerVersion)
for (const { className, versions, flexible } of all) {
  const wanted = new Set([versions[0], versions[1], ...(flexible === 'never' ? [] : [Math.max(flexible, versions[0])])])
  const own = lines.filter((line) => line.startsWith(`${simpleName(className)}\t`))
  kept.push(...own.filter((line, index) => index % samplesPerVersion === 2 && wanted.has(Number(line.split('\t')[1]))))
}
const header = [
  `# Apache Kafka ${kafkaVersion}, by tests/golden/SerializeMessages.java. Made by: node tests/dist/golden/make-messages.js`,
  '# class, version, message as Kafka writes it in JSON, bytes',
]
await writeFile(join(rootDir, 'tests', 'golden', 'messages.tsv'), [...header, ...kept, ''].join('\n'))
