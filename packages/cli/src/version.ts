/** The version that `--version` and the client's software version report. */

import { readFileSync } from 'node:fs'

export const version: string = readVersion()

function readVersion(): string {
  // The bundle and the compiled module lie at different depths below package.json.
  for (const candidate of ['../package.json', '../../package.json']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(candidate, import.meta.url), 'utf8'))
      if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && 'name' in manifest && manifest.name === 'odradek') {
        return String(manifest.version)
      }
    } catch {
      // Not at this depth.
    }
  }
  return 'unknown'
}
