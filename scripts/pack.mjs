// Packs what is published: each package bundled into one file, the other @odradek packages and its dependencies left as imports.
// node scripts/pack.mjs [directory]   Writes the tarballs there (default .cache/tarballs) and prints their paths.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { bundle, workerEntry } from './lib/bundle.mjs'
import { allFiles, packageDirs, rootDir } from './lib/workspace.mjs'

const outDir = resolve(process.argv[2] ?? join(rootDir, '.cache', 'tarballs'))
const stageRoot = join(outDir, 'stage')

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

// What is exported: name of the output file → the compiled file.
function exportedEntries(dir, manifest) {
  const entries = Object.entries(manifest.exports ?? {}).filter(([, target]) => typeof target === 'object')
  return entries.map(([subpath, target]) => ({
    subpath,
    name: subpath === '.' ? 'index' : subpath.slice(2),
    compiled: join(dir, target.default),
    types: target.types.replace(/^\.\/dist\//, './types/'),
  }))
}

// Declarations name their neighbours as the sources do; in a package without sources they must name what is there.
function copyTypes(dir, stageDir) {
  const compiled = join(dir, 'dist')
  for (const path of allFiles(compiled)) {
    const name = relative(compiled, path)
    if (!name.endsWith('.d.ts') || name.startsWith('test')) continue
    const target = join(stageDir, 'types', name)
    mkdirSync(dirname(target), { recursive: true })
    const text = readFileSync(path, 'utf8').replaceAll(/((?:from|import\()\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2')
    writeFileSync(target, text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
  }
}

function publishedManifest(manifest, exported) {
  const { name, version, description, license, type, engines, bin, dependencies } = manifest
  const exports = Object.fromEntries(exported.map(({ subpath, name: file, types }) => [subpath, { types, default: `./dist/${file}.js` }]))
  return {
    name,
    version,
    description,
    keywords: ['kafka', 'broker', 'client', 'typescript', 'lag'],
    license,
    type,
    engines,
    ...(bin === undefined ? { sideEffects: false } : { bin }),
    exports: { ...exports, './package.json': './package.json' },
    files: ['bin', 'dist', 'types', 'NOTICE'],
    dependencies,
    publishConfig: { access: 'public' },
  }
}

async function stage(dir) {
  const manifest = readJson(join(dir, 'package.json'))
  const stageDir = join(stageRoot, manifest.name.replaceAll('/', '-'))
  const exported = exportedEntries(dir, manifest)
  const entries = Object.fromEntries(exported.map(({ name, compiled }) => [name, compiled]))
  if (manifest.name === '@odradek/runtime') entries['worker-main'] = workerEntry
  if (manifest.bin !== undefined) entries['bundle/odradek'] = join(dir, 'dist', 'src', 'main.js')
  const external = Object.keys(manifest.dependencies ?? {})
  await bundle({ entries, outdir: join(stageDir, 'dist'), external })
  if (exported.length > 0) copyTypes(dir, stageDir)
  if (manifest.bin !== undefined) cpSync(join(dir, 'bin'), join(stageDir, 'bin'), { recursive: true })
  for (const name of ['LICENSE', 'NOTICE']) cpSync(join(rootDir, name), join(stageDir, name))
  const readme = join(dir, 'README.md')
  cpSync(existsSync(readme) ? readme : join(rootDir, 'README.md'), join(stageDir, 'README.md'))
  writeFileSync(join(stageDir, 'package.json'), `${JSON.stringify(publishedManifest(manifest, exported), undefined, 2)}\n`)
  return stageDir
}

function pack(stageDir) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const result = spawnSync(npm, ['pack', '--silent', '--pack-destination', outDir], {
    cwd: stageDir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  })
  if (result.error) throw result.error
  if (result.status !== 0) throw new Error(`npm pack failed in ${stageDir}`)
  return join(outDir, result.stdout.trim())
}

rmSync(outDir, { recursive: true, force: true })
const published = packageDirs().filter((dir) => readJson(join(dir, 'package.json')).private !== true)
for (const dir of published) console.log(pack(await stage(dir)))
rmSync(stageRoot, { recursive: true })
