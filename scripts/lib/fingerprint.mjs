// One hash over path, size and modification time of all that the build reads: milliseconds, where reading takes a second.
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { packageDirs, rootDir, sourceFiles } from './workspace.mjs'

export function sourceFingerprint() {
  const roots = [...packageDirs(), join(rootDir, 'examples'), join(rootDir, 'tests'), join(rootDir, 'scripts')]
  const files = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json'].map((name) => join(rootDir, name))
  for (const root of roots) files.push(...sourceFiles(root))
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(file)
    hash.update(`${relative(rootDir, file)} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}
