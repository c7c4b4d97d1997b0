/** The machine's file systems. */

import { constants } from 'node:fs'
import type { Dirent, Stats } from 'node:fs'
import type { DirectoryEntry, FileHandle, Files, OpenMode } from '../files.ts'
import { fs, os, path } from './builtins.ts'
import { lockDirectory } from './directory-lock.ts'
import { NodeFileHandle } from './file-handle.ts'
import { promised } from './promised.ts'

const OPEN_FLAGS: Record<OpenMode, number> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR | constants.O_CREAT,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
}

const TEMPORARY_SUFFIX = '.tmp'

export function createNodeFiles(): Files {
  // Replacements of one file take turns, because they share the name of its temporary file: a crash leaves one at most, which the next overwrites.
  const replacing = new Map<string, Promise<void>>()

  async function writeFileAtomic(target: string, data: Uint8Array): Promise<void> {
    const before = replacing.get(target) ?? Promise.resolve()
    const turn = before.catch(ignore).then(() => replaceFile(target, data))
    replacing.set(target, turn)
    try {
      await turn
    } finally {
      if (replacing.get(target) === turn) replacing.delete(target)
    }
  }

  return {
    open,
    writeFileAtomic,
    readFile: (file) => fs().promises.readFile(file),
    rename: (from, to) => fs().promises.rename(from, to),
    remove: (file) => fs().promises.rm(file, { force: true }),
    removeDirectory: (directory) => fs().promises.rm(directory, { force: true, recursive: true, maxRetries: 3 }),
    makeDirectory,
    list,
    stat,
    syncDirectory,
    makeTemporaryDirectory: (prefix) => fs().promises.mkdtemp(path().join(os().tmpdir(), prefix)),
    lockDirectory,
    freeBytes,
  }
}

/** Not mkdir's own `recursive`: where a parent is there but takes no entry (/proc), that tries for ever. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeEntry(directory)
  } catch (error) {
    const parent = path().dirname(directory)
    if (!hasCode(error, 'ENOENT') || parent === directory) throw error
    await makeDirectory(parent)
    await makeEntry(directory)
  }
}

async function makeEntry(directory: string): Promise<void> {
  try {
    await fs().promises.mkdir(directory)
  } catch (error) {
    if ((await stat(directory))?.isDirectory !== true) throw error
  }
}

async function open(file: string, mode: OpenMode): Promise<FileHandle> {
  const descriptor = await promised<number>((done) => fs().open(file, OPEN_FLAGS[mode], 0o644, done))
  return new NodeFileHandle(descriptor)
}

async function replaceFile(target: string, data: Uint8Array): Promise<void> {
  const temporary = target + TEMPORARY_SUFFIX
  const handle = await fs().promises.open(temporary, 'w')
  try {
    await handle.writeFile(data)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await fs().promises.rename(temporary, target)
  await syncDirectory(path().dirname(target))
}

async function list(directory: string): Promise<DirectoryEntry[]> {
  const entries: Dirent[] = await fs().promises.readdir(directory, { withFileTypes: true })
  return entries
    .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

async function stat(file: string): ReturnType<Files['stat']> {
  let stats: Stats
  try {
    stats = await fs().promises.stat(file)
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
  return { sizeBytes: stats.size, modifiedMs: stats.mtimeMs, isDirectory: stats.isDirectory() }
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows has no such thing: a rename is as durable there as it gets.
  if (process.platform === 'win32') return
  const handle = await fs().promises.open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await fs().promises.statfs(directory)
  return bavail * bsize
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function ignore(): void {}
