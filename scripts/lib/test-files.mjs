// Which compiled test files make up a tier. Found through their sources: a test whose source is gone does not run on from dist.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { packageDirs, rootDir, sourceFiles } from './workspace.mjs'

function compiledTests(projectDir, isWanted) {
  const found = []
  for (const source of sourceFiles(projectDir)) {
    const path = relative(projectDir, source)
    if (!path.endsWith('.test.ts') || !isWanted(path)) continue
    const compiled = join(projectDir, 'dist', path.replace(/\.ts$/, '.js'))
    if (!existsSync(compiled)) throw new Error(`${relative(rootDir, source)} is not compiled: run npm run build`)
    found.push(compiled)
  }
  return found.sort()
}

function tierOf(path) {
  const folder = path.split(/[\\/]/)[0]
  if (folder === 'packaging') return 'interop'
  return folder === 'interop' || folder === 'long' ? folder : 'fast'
}

export function testFiles(tier) {
  const crossing = compiledTests(join(rootDir, 'tests'), (path) => tierOf(path) === tier)
  if (tier !== 'fast') return crossing
  return [...packageDirs().flatMap((dir) => compiledTests(dir, () => true)), ...crossing]
}
