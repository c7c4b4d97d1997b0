// Installs the peers on npm, at the versions that package.json beside it pins, into .cache and nowhere else.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { prepareOnce } from '../../tests/dist/interop/harness/prepare-once.js'
import { mustRun } from '../../tests/dist/interop/harness/process.js'
import { benchCacheDir, benchmarksDir } from './paths.mjs'

const manifestPath = join(benchmarksDir, 'package.json')

// Returns the directory whose node_modules has them.
export async function installPeers() {
  const hash = createHash('sha256').update(readFileSync(manifestPath)).digest('hex').slice(0, 16)
  return await prepareOnce(join(benchCacheDir, `peers-${hash}`), async (scratchDir) => {
    copyFileSync(manifestPath, join(scratchDir, 'package.json'))
    const args = ['install', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await mustRun('npm', args, { cwd: scratchDir, timeoutMs: 600_000 })
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
