// A node:test reporter that ends the process at the first test that fails, and says in one line which it was and why.
import { writeSync } from 'node:fs'

/** Of the reason; a property names its seed early. */
const reasonChars = 400

function reasonOf({ error }) {
  const text = error?.cause?.message ?? error?.message ?? ''
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, reasonChars)
}

export default async function* firstFailure(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:fail' || data.todo !== undefined) continue
    writeSync(1, `${JSON.stringify({ name: data.name, reason: reasonOf(data.details) })}\n`)
    process.exit(1)
  }
  yield ''
}
