// A node:test reporter that counts: one JSON object with the tests that passed, failed (and why) and were skipped, suites not counted.
import { existsSync } from 'node:fs'

const REASON_LINES = 12

function reasonOf(error) {
  const cause = error?.cause ?? error
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? '')
  return text
    .split('\n', REASON_LINES)
    .map((line) => line.slice(0, 300))
    .join('\n')
}

export default async function* summary(source) {
  const totals = { passed: 0, failed: 0, skipped: 0, failures: [] }
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (type === 'test:fail') {
      // Of a parent that failed because a subtest did, the subtest is counted alone.
      if (data.details?.error?.failureType === 'subtestsFailed') continue
      totals.failed += 1
      totals.failures.push({ file: data.file, name: data.name, reason: reasonOf(data.details?.error) })
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
