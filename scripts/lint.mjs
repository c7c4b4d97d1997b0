// Lint and format check; the compiler has run in setup. Warnings are errors. Fixing the format: npm run format.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { rootDir } from './lib/workspace.mjs'

const checks = [
  ['oxlint', ['oxlint', 'bin', 'oxlint'], ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']],
  ['biome', ['@biomejs', 'biome', 'bin', 'biome'], ['ci', '--colors=off', '--reporter=summary', '.']],
]

let failed = 0
for (const [name, bin, args] of checks) {
  const path = join(rootDir, 'node_modules', ...bin)
  const { status, error } = spawnSync(process.execPath, [path, ...args], { cwd: rootDir, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) throw error
  if (status !== 0) failed += 1
  console.log(`lint: ${name} ${status === 0 ? 'ok' : 'failed'}`)
}
process.exitCode = failed === 0 ? 0 : 1
