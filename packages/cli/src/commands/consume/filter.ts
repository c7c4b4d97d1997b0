/** The filters of `odradek consume`: regular expressions over key, value and headers; all given ones must match. */

import { UsageError } from '../../errors.ts'
import type { RawRecord } from './record-writer.ts'

export interface FilterOptions {
  readonly filterKey?: string
  readonly filterValue?: string
  /** Header name to expression. */
  readonly filterHeader?: Readonly<Record<string, string>>
}

export type RecordFilter = (record: RawRecord) => boolean

/** Undefined when nothing is filtered. Throws `UsageError` on an expression that is none. */
export function createFilter(options: FilterOptions): RecordFilter | undefined {
  const tests: RecordFilter[] = []
  if (options.filterKey !== undefined) {
    const pattern = expression(options.filterKey)
    tests.push((record) => record.key !== null && pattern.test(record.key.toString()))
  }
  if (options.filterValue !== undefined) {
    const pattern = expression(options.filterValue)
    tests.push((record) => record.value !== null && pattern.test(record.value.toString()))
  }
  for (const [name, text] of Object.entries(options.filterHeader ?? {})) {
    const pattern = expression(text)
    tests.push((record) =>
      record.headers.some((header) => header.key === name && header.value !== null && pattern.test(Buffer.from(header.value).toString())),
    )
  }
  return tests.length === 0 ? undefined : (record) => tests.every((test) => test(record))
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text, 'u')
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
