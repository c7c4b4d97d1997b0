// Lint and format check; the compiler has run in setup. Warnings are errors. Fixing the format: npm run format.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { rootDir } from './lib/workspace.mjs'

const checks = [
  { name: 'oxlint', bin: 'oxlint/bin/oxlint', args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives'] },
  { name: 'biome', bin: '@biomejs/biome/bin/biome', args: ['ci', '--colors=off', '--reporter=summary', '.'] },
]

let failed = 0
for (const { name, bin, args } of checks) {
  const path = join(rootDir, 'node_modules', bin)
  const { status, error } = spawnSync(process.execPath, [path, ...args], { cwd: rootDir, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) throw error
  if (status !== 0) failed += 1
  console.log(`lint: ${name} ${status === 0 ? 'ok' : 'failed'}`)
}
process.exitCode = failed === 0 ? 0 : 1
