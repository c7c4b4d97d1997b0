/** Makes tests/golden/records/*.bin anew, with Apache Kafka 4.3.1's own classes: `node tests/dist/golden/records/make-batches.js`. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { runJava } from '../../interop/harness/java-program.ts'
import { rootDir } from '../../interop/harness/paths.ts'

const directory = join(rootDir, 'tests', 'golden', 'records')
const result = await runJava(join(directory, 'WriteRecords.java'), [directory])
assert.equal(result.code, 0, result.stderr)
