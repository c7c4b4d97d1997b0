/** Finds the files of the repository and the package that each belongs to. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Owner, WorkspaceNames } from './import-rules.ts'
import { SourceFile } from './source-file.ts'

const SKIPPED_DIRECTORIES: readonly string[] = ['dist', 'generated', 'node_modules']

export interface OwnedFile {
  readonly file: SourceFile
  readonly owner: Owner
}

export interface Workspace {
  readonly names: WorkspaceNames
  readonly files: readonly OwnedFile[]
}

export function readWorkspace(): Workspace {
  const root = findRoot(dirname(fileURLToPath(import.meta.url)))
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)
  const directories = [...packages, 'tests', 'benchmarks', 'examples'].filter((directory) =>
    existsSync(join(root, directory, 'package.json')),
  )
  const developmentDependencies = dependencyNames(readManifest(join(root, 'package.json'))['devDependencies'])
  const owners = directories.map((directory): Owner => {
    const manifest = readManifest(join(root, directory, 'package.json'))
    return {
      directory,
      packageName: String(manifest['name']),
      dependencies: [
        ...dependencyNames(manifest['dependencies']),
        ...dependencyNames(manifest['peerDependencies']),
        ...dependencyNames(manifest['optionalDependencies']),
      ],
      developmentDependencies: [...developmentDependencies, ...dependencyNames(manifest['devDependencies'])],
    }
  })
  const names = Object.fromEntries(owners.map(({ packageName, directory }) => [packageName, directory.replace('packages/', '')]))
  return { names, files: owners.flatMap((owner) => readFiles(root, owner.directory).map((file) => ({ file, owner }))) }
}

function findRoot(from: string): string {
  return existsSync(join(from, 'package-lock.json')) ? from : findRoot(dirname(from))
}

function readFiles(root: string, directory: string): SourceFile[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) return SKIPPED_DIRECTORIES.includes(entry.name) ? [] : readFiles(root, path)
    return entry.name.endsWith('.ts') ? [new SourceFile(path, readFileSync(join(root, path), 'utf8'))] : []
  })
}

function readManifest(path: string): Record<string, unknown> {
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!isRecord(manifest)) throw new Error(`${path} is not an object`)
  return manifest
}

function dependencyNames(section: unknown): string[] {
  return isRecord(section) ? Object.keys(section) : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
