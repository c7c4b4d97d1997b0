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

function succeeds(command, args) {
  const result = spawnSync(command, args, { cwd: rootDir, stdio: ['ignore', 2, 2] })
  if (result.error) throw result.error
  return result.status === 0
}

function fail(what) {
  say(`${what} failed`)
  process.exit(1)
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
    const isScript = npm?.endsWith('.js') === true
    const ok = isScript ? succeeds(process.execPath, [npm, ...args]) : succeeds(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
    if (!ok) fail('npm ci')
  }
  writeFileSync(installStamp, lockHash())
}

async function build() {
  say('compiling')
  const fingerprint = sourceFingerprint()
  const compiled = succeeds(process.execPath, [join(rootDir, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'])
  // The compiler writes what it can: a type error in one test does not keep others from trying the command line.
  await bundleCommandLine()
  if (!compiled) fail('tsc -b')
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
