/** Where the checkout, its cache and the harness' sources are; a temporary directory that removes itself. */

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const rootDir: string = findRoot(dirname(fileURLToPath(import.meta.url)))
export const cacheDir: string = join(rootDir, '.cache')
export const harnessDir: string = join(rootDir, 'tests', 'interop', 'harness')

function findRoot(from: string): string {
  if (existsSync(join(from, 'package-lock.json'))) return from
  const parent = dirname(from)
  if (parent === from) throw new Error('the checkout has no package-lock.json above the tests')
  return findRoot(parent)
}

export interface TemporaryDirectory extends AsyncDisposable {
  path: string
}

/** A fresh directory; disposing it removes it and all that is in it. */
export async function temporaryDirectory(name: string): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), `odradek-${name}-`))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}
