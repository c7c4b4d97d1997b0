// Bundles with esbuild: many small modules cost 50 to 80 ms at every start, one file costs next to nothing.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDir } from './workspace.mjs'

// They find their prebuilt binary relative to their own package.
const nativeModules = ['@node-rs/crc32', 'snappy', 'lz4-napi', '@toondepauw/node-zstd']

// A thread is started from a file of its own, which lies beside the code that starts it.
export const workerEntry = join(rootDir, 'packages', 'runtime', 'dist', 'src', 'node', 'worker-main.js')

const outDir = join(rootDir, 'packages', 'cli', 'dist', 'bundle')
export const bundlePath = join(outDir, 'odradek.js')

// CommonJS dependencies call require() for Node's own modules.
const requireBanner = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`

// Bundles entry files (output name → path) into ES modules; what they share goes into further files. `external` names packages that stay imports.
export async function bundle({ entries, outdir, external, options = {} }) {
  const { build } = await import('esbuild')
  return await build({
    entryPoints: entries,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  })
}

// Replaces the bundle so that a command line that starts meanwhile finds the old one or the new one, whole.
export async function bundleCommandLine() {
  const entry = join(rootDir, 'packages', 'cli', 'dist', 'src', 'main.js')
  if (!existsSync(entry)) throw new Error(`${entry} is missing: did the compiler run?`)
  const { outputFiles } = await bundle({
    entries: { odradek: entry, 'worker-main': workerEntry },
    outdir: outDir,
    external: nativeModules,
    options: { banner: { js: requireBanner }, chunkNames: 'chunk-[hash]', write: false },
  })
  mkdirSync(outDir, { recursive: true })
  const isEntry = (path) => path === bundlePath
  // Chunks are named by their content; the entry that names them comes last, what nothing names any more goes after it.
  for (const { path, contents } of outputFiles.sort((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)))) {
    writeFileSync(`${path}.new`, contents)
    renameSync(`${path}.new`, path)
  }
  const current = new Set(outputFiles.map(({ path }) => path))
  for (const name of readdirSync(outDir)) if (!current.has(join(outDir, name))) rmSync(join(outDir, name))
}
