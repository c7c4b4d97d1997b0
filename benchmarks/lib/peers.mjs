// Installs the peers into benchmarks/node_modules, once.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const benchmarksDir = dirname(dirname(fileURLToPath(import.meta.url)))

export const loadPath = (name) => join(benchmarksDir, 'loads', name)

export function installPeers() {
  if (existsSync(join(benchmarksDir, 'node_modules', 'kafkajs'))) return
  const args = ['install', '--workspaces=false', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error } = spawnSync('npm', args, { cwd: benchmarksDir, stdio: ['ignore', 2, 2] })
  if (error) throw error
  if (status !== 0) throw new Error('the peers could not be installed')
}
