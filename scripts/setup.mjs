// Makes the checkout runnable: installs when node_modules does not match package-lock.json, compiles when a source
// changed, bundles the command line. Does nothing, quickly, when nothing changed. Plain Node, no dependency.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleCommandLine, bundlePath } from './lib/bundle.mjs'
import { sourceFingerprint } from './lib/fingerprint.mjs'
import { installedMatchesLock } from './lib/lockfile.mjs'
import { withLock } from './lib/lock.mjs'
import { packageDirs, rootDir } from './lib/workspace.mjs'

const cacheDir = join(rootDir, '.cache')
const installStamp = join(rootDir, 'node_modules', '.odradek-install')
const buildStamp = join(cacheDir, 'build-stamp')

function say(text) {
  process.stderr.write(`setup: ${text}\n`)
}

function readOrEmpty(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(rootDir, 'package-lock.json')))
    .digest('hex')
}

function run(command, args, what) {
  const result = spawnSync(command, args, { cwd: rootDir, stdio: ['ignore', 2, 2] })
  if (result.error) throw result.error
  if (result.status !== 0) {
    say(`${what} failed`)
    process.exit(1)
  }
}

function isInstalled() {
  return readOrEmpty(installStamp) === lockHash()
}

function isBuilt() {
  const outputs = [bundlePath, ...packageDirs().map((dir) => join(dir, 'dist', '.tsbuildinfo'))]
  return readOrEmpty(buildStamp) === sourceFingerprint() && outputs.every((path) => existsSync(path))
}

function install() {
  if (!installedMatchesLock()) {
    say('installing dependencies (npm ci)')
    const args = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    const npm = process.env['npm_execpath']
    if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args], 'npm ci')
    else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, 'npm ci')
  }
  writeFileSync(installStamp, lockHash())
}

async function build() {
  say('compiling')
  const fingerprint = sourceFingerprint()
  run(process.execPath, [join(rootDir, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], 'tsc -b')
  await bundleCommandLine()
  writeFileSync(buildStamp, fingerprint)
}

async function main() {
  if (isInstalled() && isBuilt()) return
  mkdirSync(cacheDir, { recursive: true })
  await withLock(
    join(cacheDir, 'setup.lock'),
    () => say('waiting for another setup'),
    async () => {
      if (!isInstalled()) install()
      if (!isBuilt()) await build()
    },
  )
}

await main()
