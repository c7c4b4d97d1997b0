import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAmbient } from './ambient-rules.ts'
import { checkCircles, checkImports } from './import-rules.ts'
import { packageArrows, packageLayers, purePackages } from './rules.ts'
import type { Violation } from './source-file.ts'
import { checkComments, checkFileLength, checkFunctionLengths, checkTypes } from './style-rules.ts'
import { type OwnedFile, readWorkspace } from './workspace.ts'

const workspace = readWorkspace()

function assertNone(check: (owned: OwnedFile) => Violation[], where: (path: string) => boolean = () => true): void {
  const files = workspace.files.filter(({ file }) => where(file.path))
  assert.ok(files.length > 0, 'no file to check')
  assertEmpty(files.flatMap(check))
}

function assertEmpty(violations: Violation[]): void {
  const lines = violations.map(({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`)
  assert.equal(lines.length, 0, `\n${lines.join('\n')}`)
}

const isProduction = (path: string): boolean => /^packages\/[^/]+\/src\//.test(path)

describe('the architecture', () => {
  it('knows every package', () => {
    const packages = new Set(workspace.files.map(({ owner }) => owner.directory).filter((directory) => directory.startsWith('packages/')))
    assert.deepEqual(
      [...packages].sort(),
      Object.keys(packageArrows)
        .map((name) => `packages/${name}`)
        .sort(),
    )
  })

  it('imports along the arrows, from declared dependencies', () => {
    const rules = { names: workspace.names, arrows: packageArrows, layers: packageLayers }
    assertNone(({ file, owner }) => checkImports(file, owner, rules))
  })

  it('has no circles of imports', () => {
    assertEmpty(checkCircles(workspace.files.map(({ file }) => file).filter(({ path }) => isProduction(path))))
  })

  it('takes time, randomness and I/O from the runtime', () => {
    const isPure = (path: string): boolean => purePackages.some((name) => path.startsWith(`packages/${name}/src/`))
    assertNone(({ file }) => checkAmbient(file), isPure)
  })

  it('has no holes in its types', () => assertNone(({ file }) => checkTypes(file)))

  it('has files and functions of a readable length', () => {
    assertNone(({ file }) => checkFileLength(file))
    assertNone(({ file }) => checkFunctionLengths(file), isProduction)
  })

  it('leaves no notes of work undone', () => assertNone(({ file }) => checkComments(file)))
})
