// Where the programs are that make the load, and where what is installed, built and measured goes.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir } from '../../tests/dist/interop/harness/paths.js'

export const benchmarksDir = dirname(dirname(fileURLToPath(import.meta.url)))
export const loadPath = (name) => join(benchmarksDir, 'loads', name)
export const benchCacheDir = join(cacheDir, 'bench')
