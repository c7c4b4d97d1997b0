// The product as installed: every package packed, the tarballs installed into an empty project, on Node 20, 24 and 26.

import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { rootDir, temporaryDirectory } from '../interop/harness/paths.ts'
import { mustRun, runProcess, startProcess } from '../interop/harness/process.ts'

interface Manifest {
  name: string
  private?: boolean
}

const scratch = await temporaryDirectory('packaging')
const project = join(scratch.path, 'project')
const npmArgs = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
let tarballs: string[] = []
after(() => scratch[Symbol.asyncDispose]())

before(async () => {
  const packed = await mustRun(process.execPath, [join(rootDir, 'scripts', 'pack.mjs'), join(scratch.path, 'tarballs')])
  tarballs = packed.stdout.trim().split('\n')
  await cp(join(rootDir, 'tests', 'packaging', 'project'), project, { recursive: true })
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  await mustRun('npm', ['install', ...npmArgs, ...tarballs, 'typescript@7.0.2', '@types/node@20'], { cwd: project, timeoutMs: 300_000 })
})

/** The binary of a Node major version: the npm package `node` holds it. */
async function nodeBinary(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const script = 'console.log(process.execPath)'
  const { stdout } = await mustRun('npx', ['-y', '-p', `node@${major}`, 'node', '-e', script], { cwd: scratch.path, timeoutMs: 300_000 })
  return stdout.trim()
}

/** `odradek-client` for `…/odradek-client-0.1.0.tgz`. */
function tarballName(path: string): string {
  return basename(path).replace(/-\d.*$/, '')
}

async function publishedNames(): Promise<string[]> {
  const packages = join(rootDir, 'packages')
  const names: string[] = []
  for (const dir of await readdir(packages)) {
    const { name, private: isPrivate } = JSON.parse(await readFile(join(packages, dir, 'package.json'), 'utf8')) as Manifest
    if (isPrivate !== true) names.push(name.replace(/^@/, '').replace('/', '-'))
  }
  return names
}

test('each package has what a published one needs, and nothing else', async () => {
  assert.deepEqual(tarballs.map(tarballName).sort(), (await publishedNames()).sort())
  for (const tarball of tarballs) {
    const { stdout } = await mustRun('tar', ['-tzf', tarball])
    const files = stdout.trim().split('\n')
    for (const name of ['package.json', 'README.md', 'LICENSE', 'NOTICE'])
      assert.ok(files.includes(`package/${name}`), `${tarball}: ${name}`)
    const odd = files.filter(
      (name) => !/^package\/((package\.json|README\.md|LICENSE|NOTICE)|bin\/[\w-]+\.js|dist\/[\w/.-]+\.js|types\/.*\.d\.ts)$/.test(name),
    )
    assert.deepEqual(odd, [], tarball)
  }
})

/** Runs a checker over tarballs, all in one npx: each call of it costs seconds. */
async function check(tool: string, command: string, paths: readonly string[]): Promise<void> {
  const each = `for tarball in "$@"; do ${command} || exit 1; done`
  const { code, stdout, stderr } = await runProcess('npx', ['-y', '-p', tool, '--', 'sh', '-c', each, 'sh', ...paths], {
    cwd: scratch.path,
    timeoutMs: 300_000,
  })
  assert.equal(code, 0, `${stdout}\n${stderr}`)
}

test('publint finds nothing to say', async () => {
  await check('publint@0.3', 'publint "$tarball" --strict', tarballs)
})

test('are the types wrong? finds no problem', async () => {
  // The command line exports nothing.
  const libraries = tarballs.filter((path) => tarballName(path) !== 'odradek')
  assert.equal(libraries.length, tarballs.length - 1)
  await check('@arethetypeswrong/cli@0.18', 'attw "$tarball" --profile esm-only --no-emoji --no-color', libraries)
})

test('the types resolve in a strict project that checks declarations too', async () => {
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,esnext.disposable', '--types', 'node']
  const exact = ['--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false', '--noEmit']
  const { code, stdout } = await runProcess(process.execPath, ['node_modules/typescript/bin/tsc', ...options, ...exact, 'types.ts'], {
    cwd: project,
  })
  assert.equal(code, 0, stdout)
})

for (const major of [20, 24, 26]) {
  describe(`on Node ${major}`, () => {
    test('npx odradek broker runs, and every codec works through it', async () => {
      const node = await nodeBinary(major)
      const env = { PATH: `${dirname(node)}:${process.env['PATH'] ?? ''}` }
      const dataDir = join(scratch.path, `data-${major}`)
      await mkdir(dataDir)
      const version = await mustRun('npx', ['odradek', '--version'], { cwd: project, env })
      assert.match(version.stdout, /^\d+\.\d+\.\d+$/m)
      // npx itself stays between us and the broker and keeps signals to itself: start what it would start.
      const args = [join('node_modules', '.bin', 'odradek'), 'broker', '--port', '0', '--data-dir', dataDir, '--no-page']
      await using broker = startProcess(node, args, { cwd: project, env })
      const [, address = ''] = await broker.waitForLine(/ready.*?(127\.0\.0\.1:\d+)/, 20_000)
      const codecs = await mustRun(node, ['codecs.mjs', address], { cwd: project, env })
      assert.match(codecs.stdout, /codecs ok/)
      assert.equal(await broker.kill('SIGTERM'), 0, broker.stderr())
    })

    test('require() works, and a broker embedded in a CommonJS program', async () => {
      const embedded = await mustRun(await nodeBinary(major), ['embedded.cjs'], { cwd: project })
      assert.match(embedded.stdout, /embedded ok/)
    })
  })
}
