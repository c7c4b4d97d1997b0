// Bundles with esbuild: many small modules cost 50 to 80 ms at every start, one file costs next to nothing.
import { existsSync, rmSync } from 'node:fs'
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
  await build({
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

export async function bundleCommandLine() {
  const entry = join(rootDir, 'packages', 'cli', 'dist', 'src', 'main.js')
  if (!existsSync(entry)) throw new Error(`${entry} is missing: did the compiler run?`)
  // What an earlier bundle was cut into is of no use to this one.
  rmSync(outDir, { recursive: true, force: true })
  await bundle({
    entries: { odradek: entry, 'worker-main': workerEntry },
    outdir: outDir,
    external: nativeModules,
    options: { banner: { js: requireBanner }, chunkNames: 'chunk-[hash]' },
  })
}
