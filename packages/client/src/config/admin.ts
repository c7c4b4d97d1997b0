/** The admin client's configuration. */

import type { CommonValues } from './common.ts'
import type { ConfigInputs, ConfigValues } from './descriptor.ts'

export const adminKeys = {
  defaultApiTimeoutMs: { kafka: 'default.api.timeout.ms', type: 'int', default: 60_000, min: 0, doc: 'Bound of a call, retries included.' },
} as const

/** Of keys that all clients share; administrators come and go, and their connections are idle sooner. */
export const adminDefaults: Partial<CommonValues> = { connectionsMaxIdleMs: 300_000 }

export type AdminConfig = ConfigInputs<typeof adminKeys>
export type AdminValues = ConfigValues<typeof adminKeys>
