/** The repeatable option `--header` of `produce`. */

import type { HeaderInput } from '@odradek/client'
import { collectKeyValue } from '../../global-options.ts'

/** Reads `NAME=VALUE`. A record may have several headers of one name, in order. */
export function collectHeader(text: string, previous: readonly HeaderInput[] = []): HeaderInput[] {
  return [...previous, ...Object.entries(collectKeyValue(text)).map(([key, value]) => ({ key, value }))]
}
