/** The admin client's configuration. */

import type { ConfigInputs, ConfigValues } from './descriptor.ts'

export const adminKeys = {
  defaultApiTimeoutMs: { kafka: 'default.api.timeout.ms', type: 'int', default: 60_000, min: 0, doc: 'Bound of a call, retries included.' },
} as const

export type AdminConfig = ConfigInputs<typeof adminKeys>
export type AdminValues = ConfigValues<typeof adminKeys>
