// A node:test reporter that ends the process at the first test that fails, and says which it was.
import { writeSync } from 'node:fs'

export default async function* firstFailure(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:fail' || data.todo !== undefined) continue
    writeSync(1, `${data.name}\n`)
    process.exit(1)
  }
  yield ''
}
