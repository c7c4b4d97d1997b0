// A node:test reporter that counts: one JSON object with the tests that passed, failed and were skipped, suites not counted.
import { existsSync } from 'node:fs'

export default async function* summary(source) {
  const totals = { passed: 0, failed: 0, skipped: 0, failures: [] }
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (type === 'test:fail') {
      // Of a parent that failed because a subtest did, the subtest is counted alone.
      if (data.details?.error?.failureType === 'subtestsFailed') continue
      totals.failed += 1
      totals.failures.push({ file: data.file, name: data.name })
    } else if (data.details?.type === 'suite') {
      continue
    } else if (data.skip !== undefined || data.todo !== undefined) {
      totals.skipped += 1
    } else if (!existsSync(data.name)) {
      // Some versions of node report each file as one more test, named by its path.
      totals.passed += 1
    }
  }
  yield JSON.stringify(totals)
}
