// Bundles with esbuild: many small modules cost 50 to 80 ms at every start, one file costs next to nothing.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { rootDir } from './workspace.mjs'

// They find their prebuilt binary relative to their own package.
export const nativeModules = ['@node-rs/crc32', 'snappy', 'lz4-napi', '@toondepauw/node-zstd']

export const bundlePath = join(rootDir, 'packages', 'cli', 'dist', 'odradek.bundle.js')

// CommonJS dependencies call require() for Node's own modules.
const requireBanner = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

// Bundles one entry file into one ES module. `external` names packages that stay imports.
export async function bundle({ entry, outfile, external }) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: [...external],
    banner: { js: requireBanner },
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
  })
}

export async function bundleCommandLine() {
  const entry = join(rootDir, 'packages', 'cli', 'dist', 'src', 'main.js')
  if (!existsSync(entry)) throw new Error(`${entry} is missing: did the compiler run?`)
  await bundle({ entry, outfile: bundlePath, external: nativeModules })
}
