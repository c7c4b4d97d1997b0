// Installs the clients on npm into .cache and nowhere else: the peers at the versions that package.json beside it pins, ours as it would be published.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { prepareOnce } from '../../tests/dist/interop/harness/prepare-once.js'
import { mustRun } from '../../tests/dist/interop/harness/process.js'
import { sourceFingerprint } from '../../scripts/lib/fingerprint.mjs'
import { rootDir } from '../../scripts/lib/workspace.mjs'
import { benchCacheDir, benchmarksDir } from './paths.mjs'

const manifestPath = join(benchmarksDir, 'package.json')
const quietly = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

// Returns the directory whose node_modules has them.
export async function installPeers() {
  const hash = createHash('sha256').update(readFileSync(manifestPath)).digest('hex').slice(0, 16)
  return await prepareOnce(join(benchCacheDir, `peers-${hash}`), async (scratchDir) => {
    copyFileSync(manifestPath, join(scratchDir, 'package.json'))
    await mustRun('npm', ['install', ...quietly], { cwd: scratchDir, timeoutMs: 600_000 })
  })
}

// Returns the directory whose node_modules has this checkout, packed: a start from single modules is not what a user sees.
export async function installOdradek() {
  return await prepareOnce(join(benchCacheDir, `odradek-${sourceFingerprint().slice(0, 16)}`), async (scratchDir) => {
    const packed = await mustRun(process.execPath, [join(rootDir, 'scripts', 'pack.mjs'), join(scratchDir, 'tarballs')])
    writeFileSync(join(scratchDir, 'package.json'), '{ "private": true }')
    await mustRun('npm', ['install', ...quietly, ...packed.stdout.trim().split('\n')], { cwd: scratchDir, timeoutMs: 600_000 })
  })
}

// Its prebuilt binary is a download from elsewhere; its sources come with the package. With
// CKJS_LINKING=dynamic they need Debian's librdkafka-dev for what librdkafka itself is linked with.
export async function buildConfluent(peersDir) {
  const packageDir = join(peersDir, 'node_modules', '@confluentinc', 'kafka-javascript')
  if (existsSync(join(packageDir, 'build', 'Release', 'confluent-kafka-javascript.node'))) return
  const gyp = join(peersDir, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js')
  const nodeDir = dirname(dirname(process.execPath))
  const headers = existsSync(join(nodeDir, 'include', 'node', 'node.h')) ? [`--nodedir=${nodeDir}`] : []
  await mustRun(process.execPath, [gyp, 'rebuild', ...headers], { cwd: packageDir, env: { CKJS_LINKING: 'dynamic' }, timeoutMs: 1_800_000 })
}
