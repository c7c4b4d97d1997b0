// Compiles a load program once for each content of its sources.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareOnce } from '../../tests/dist/interop/harness/prepare-once.js'
import { mustRun } from '../../tests/dist/interop/harness/process.js'
import { benchCacheDir } from './paths.mjs'

// `compile(target)` → [command, args, options]. Returns the path of the program.
export async function buildOnce(name, sources, compile) {
  const hash = createHash('sha256')
  for (const source of sources) hash.update(readFileSync(source))
  const dir = join(benchCacheDir, `${name}-${hash.digest('hex').slice(0, 16)}`)
  await prepareOnce(dir, async (scratchDir) => {
    const [command, args, options] = compile(join(scratchDir, name))
    await mustRun(command, args, { timeoutMs: 900_000, ...options })
  })
  return join(dir, name)
}
