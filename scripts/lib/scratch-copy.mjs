// A copy of the checkout in a temporary directory, compiled there: sources may be changed without anybody noticing.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { packageDirs, rootDir, sourceFiles } from './workspace.mjs'

/** What only keeps sources tidy would refuse changes that compile well enough to run. */
const relaxed = { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true }

export class ScratchCopy {
  constructor(dir) {
    this.dir = dir
    /** For what the tests write. */
    this.tempDir = join(dir, '.tmp')
  }

  /** Copies and compiles. Throws with the compiler's words when the checkout does not compile. */
  static create() {
    const copy = new ScratchCopy(mkdtempSync(join(tmpdir(), 'odradek-mutate-')))
    try {
      copy.#fill()
      const problem = copy.compile('.')
      if (problem !== undefined) throw new Error(`the checkout does not compile:\n${problem}`)
      return copy
    } catch (error) {
      copy.remove()
      throw error
    }
  }

  /** A second one, without compiling again. */
  duplicate() {
    const dir = mkdtempSync(join(tmpdir(), 'odradek-mutate-'))
    cpSync(this.dir, dir, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    return new ScratchCopy(dir)
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }

  read(path) {
    return readFileSync(join(this.dir, path), 'utf8')
  }

  /** Compiles a project of the workspace and what it refers to. Returns the compiler's complaint, undefined when there is none. */
  compile(project) {
    const tsc = join(this.dir, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status, stdout, stderr, error } = spawnSync(process.execPath, [tsc, '-b', project], { cwd: this.dir, encoding: 'utf8' })
    if (error !== undefined) throw error
    return status === 0 ? undefined : `${stdout}${stderr}`.trim()
  }

  /** Replaces a source and returns what puts it back, together with what the compiler had made of it. */
  change(path, text) {
    const source = join(this.dir, path)
    const compiled = join(this.dir, compiledPath(path))
    const [sourceBefore, compiledBefore] = [readFileSync(source), readFileSync(compiled)]
    writeFileSync(source, text)
    return () => {
      writeFileSync(source, sourceBefore)
      writeFileSync(compiled, compiledBefore)
      // Newer than the compiler's notes, so that it looks at the file again.
      const now = new Date()
      utimesSync(source, now, now)
    }
  }

  #fill() {
    for (const file of sourceFiles(rootDir)) {
      const target = join(this.dir, relative(rootDir, file))
      mkdirSync(dirname(target), { recursive: true })
      cpSync(file, target, { preserveTimestamps: true })
    }
    this.#linkModules()
    const config = JSON.parse(readFileSync(join(rootDir, 'tsconfig.base.json'), 'utf8'))
    Object.assign(config.compilerOptions, relaxed)
    writeFileSync(join(this.dir, 'tsconfig.base.json'), JSON.stringify(config))
    mkdirSync(this.tempDir)
  }

  /** Everything but the workspace's own packages, which must be the copies. */
  #linkModules() {
    for (const dir of [rootDir, ...packageDirs(), join(rootDir, 'tests')]) {
      const installed = join(dir, 'node_modules')
      if (!existsSync(installed)) continue
      const linked = join(this.dir, relative(rootDir, installed))
      mkdirSync(linked)
      for (const name of readdirSync(installed)) {
        if (name !== '@odradek') symlinkSync(join(installed, name), join(linked, name))
        else cpSync(join(installed, name), join(linked, name), { recursive: true, verbatimSymlinks: true })
      }
    }
  }
}

/** The project that a source belongs to: `packages/broker/src/log.ts` → `packages/broker`. */
export function projectOf(path) {
  return path.startsWith('packages/') ? path.split('/').slice(0, 2).join('/') : 'tests'
}

export function compiledPath(path) {
  const project = projectOf(path)
  return join(project, 'dist', relative(project, path).replace(/\.ts$/, '.js'))
}
