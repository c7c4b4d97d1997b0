// Lint and format check; the compiler has run in setup. Warnings are errors. Fixing the format: npm run format.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { rootDir } from './lib/workspace.mjs'

const checks = [
  { name: 'oxlint', bin: 'oxlint/bin/oxlint', args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives'] },
  { name: 'biome', bin: '@biomejs/biome/bin/biome', args: ['ci', '--colors=off', '--reporter=summary', '.'] },
]

const failed = []
for (const { name, bin, args } of checks) {
  const path = join(rootDir, 'node_modules', bin)
  const { status, error } = spawnSync(process.execPath, [path, ...args], { cwd: rootDir, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) throw error
  if (status !== 0) failed.push(name)
}
console.log(failed.length === 0 ? 'lint: ok' : `lint: ${failed.join(' and ')} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
