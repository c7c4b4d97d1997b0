/** Checks imports: arrows between packages and between layers, declared dependencies, files that keep to their package, and circles. */

import { posix } from 'node:path'
import type { PackageLayers } from './rules.ts'
import type { ModuleImport, SourceFile, Violation } from './source-file.ts'

/** A part of the repository whose files share one package.json. */
export interface Owner {
  /** The directory, relative to the root: `packages/client`, `tests`. */
  readonly directory: string
  readonly packageName: string
  /** Packages that its `src` may import from: its dependencies. */
  readonly dependencies: readonly string[]
  /** What tests and tools may import beyond that. */
  readonly developmentDependencies: readonly string[]
}

/** Directory name of each workspace package, by package name. */
export type WorkspaceNames = Readonly<Record<string, string>>

export interface ImportRules {
  readonly names: WorkspaceNames
  readonly arrows: Readonly<Record<string, readonly string[]>>
  readonly layers: Readonly<Record<string, PackageLayers>>
}

export function checkImports(file: SourceFile, owner: Owner, rules: ImportRules): Violation[] {
  return file.imports.flatMap((entry) => {
    const problems = entry.specifier.startsWith('.')
      ? relativeProblems(file, entry, owner, rules)
      : packageProblems(file, entry, owner, rules)
    return problems.map(({ rule, message }) => ({ path: file.path, line: entry.line, rule, message }))
  })
}

interface Problem {
  readonly rule: string
  readonly message: string
}

function packageProblems(file: SourceFile, { specifier }: ModuleImport, owner: Owner, rules: ImportRules): Problem[] {
  if (specifier.startsWith('node:')) return []
  const name = packageNameOf(specifier)
  const isProduction = file.path.startsWith(`${owner.directory}/src/`)
  const allowed = isProduction ? owner.dependencies : [...owner.dependencies, ...owner.developmentDependencies, owner.packageName]
  const problems: Problem[] = []
  if (!allowed.includes(name)) problems.push({ rule: 'declared', message: `${name} is not among the dependencies of ${owner.packageName}` })
  const from = rules.names[owner.packageName]
  const to = rules.names[name]
  const arrows = from === undefined ? undefined : rules.arrows[from]
  if (isProduction && arrows !== undefined && to !== undefined && !arrows.includes(to)) {
    problems.push({ rule: 'arrows', message: `${from} must not import ${to}` })
  }
  if (isProduction && specifier === '@odradek/runtime/sim') problems.push({ rule: 'arrows', message: 'the simulation is for tests alone' })
  return problems
}

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function relativeProblems(file: SourceFile, entry: ModuleImport, owner: Owner, rules: ImportRules): Problem[] {
  const target = posix.join(posix.dirname(file.path), entry.specifier)
  if (!/\.(?:ts|mjs|json)$/.test(entry.specifier)) return [{ rule: 'extension', message: `${entry.specifier} does not name a file` }]
  if (!target.startsWith(`${owner.directory}/`)) return [{ rule: 'arrows', message: `${entry.specifier} leaves ${owner.directory}` }]
  const source = `${owner.directory}/src/`
  if (!file.path.startsWith(source)) return []
  if (!target.startsWith(source)) return [{ rule: 'arrows', message: `${entry.specifier} leaves src` }]
  const packageLayers = rules.layers[posix.basename(owner.directory)]
  if (packageLayers === undefined) return []
  return layerProblems(layerOf(file.path.slice(source.length)), layerOf(target.slice(source.length)), entry.isTypeOnly, packageLayers)
}

/** The first directory, or the file's own name where there is none. */
function layerOf(path: string): string {
  return path.split('/', 1)[0] ?? path
}

function layerProblems(from: string, to: string, isTypeOnly: boolean, layers: PackageLayers): Problem[] {
  if (from === to) return []
  const arrows = layers[from]
  if (arrows === undefined && from.endsWith('.ts')) return []
  if (arrows === undefined) return [{ rule: 'layers', message: `${from} is not a known layer` }]
  if (arrows.values.includes(to) || (isTypeOnly && arrows.types?.includes(to) === true)) return []
  const what = arrows.types?.includes(to) === true ? 'values of ' : ''
  return [{ rule: 'layers', message: `${from} must not import ${what}${to}` }]
}

/** Files that import each other, be it for a type alone: none of them can be read, or changed, without all. */
export function checkCircles(files: readonly SourceFile[]): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const violations: Violation[] = []
  const visited = new Set<string>()
  const way: string[] = []
  const visit = (path: string): void => {
    const file = byPath.get(path)
    if (file === undefined || visited.has(path)) return
    visited.add(path)
    way.push(path)
    const lines = new Map(file.imports.map(({ specifier, line }) => [posix.join(posix.dirname(path), specifier), line]))
    for (const [target, line] of lines) {
      const start = way.indexOf(target)
      const circle = [...way.slice(start), target].join(' → ')
      if (start >= 0) violations.push({ path, line, rule: 'circles', message: `a circle of imports: ${circle}` })
      visit(target)
    }
    way.pop()
  }
  for (const { path } of files) visit(path)
  return violations
}
