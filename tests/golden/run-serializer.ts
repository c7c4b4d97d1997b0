/** Runs SerializeMessages.java with Kafka's jars. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { runJava } from '../interop/harness/java-program.ts'
import { rootDir } from '../interop/harness/paths.ts'
import type { Subject } from './subjects.ts'

/** The program's lines, `samples` for each version of each message. */
export async function serialize(subjects: readonly Subject[], samples: number): Promise<string[]> {
  const source = join(rootDir, 'tests', 'golden', 'SerializeMessages.java')
  const result = await runJava(source, [String(samples), ...subjects.map((subject) => subject.className)])
  assert.equal(result.code, 0, result.stderr)
  return result.stdout.split('\n').filter((line) => line !== '')
}
