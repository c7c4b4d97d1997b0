/**
 * A lock on a directory that the kernel drops with its holder, however that ends.
 *
 * Linux: flock(1) locks the open `.lock` file for us: the lock belongs to the open file, not to the program that asked for it, so it stays
 * when that program is gone and ends when our descriptor does; containers that share the directory see it too. Where flock(1) is missing, an
 * abstract Unix socket named after the directory's inode does, within one network namespace. macOS, the BSDs and Windows open the file
 * exclusively.
 */

import type { DirectoryLock } from '../files.ts'
import { childProcess, fs, net, path } from './builtins.ts'
import { finished } from './promised.ts'

export const LOCK_FILE = '.lock'

/** Not among Node's constants: O_EXLOCK | O_NONBLOCK of macOS and the BSDs, UV_FS_O_EXLOCK of libuv on Windows. */
const EXCLUSIVE_FLAGS: Partial<Record<NodeJS.Platform, number>> = {
  darwin: 0x20 | 0x04,
  freebsd: 0x20 | 0x04,
  openbsd: 0x20 | 0x04,
  netbsd: 0x20 | 0x04,
  win32: 0x1000_0000,
}

/** What an exclusive open of a file that another holds fails with. */
const HELD_CODES = new Set(['EAGAIN', 'EWOULDBLOCK', 'EBUSY', 'EADDRINUSE'])

/** flock(1)'s exit code when another holds the lock. */
const FLOCK_CONFLICT = 1

/** Rejects with code ELOCKED when another holder lives, this process included, and with the file system's error when `.lock` cannot be made. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const { O_RDWR, O_CREAT } = fs().constants
  const file = path().join(directory, LOCK_FILE)
  const exclusive = EXCLUSIVE_FLAGS[process.platform]
  let descriptor: number
  try {
    descriptor = fs().openSync(file, O_RDWR | O_CREAT | (exclusive ?? 0), 0o644)
  } catch (error) {
    throw exclusive === undefined ? error : asLocked(error, directory, file)
  }
  let unlock: () => Promise<void> = () => Promise.resolve()
  if (exclusive === undefined) {
    try {
      unlock = await lockByKernel(descriptor)
    } catch (error) {
      fs().closeSync(descriptor)
      throw asLocked(error, directory, file)
    }
  }
  fs().ftruncateSync(descriptor)
  fs().writeSync(descriptor, `${process.pid}\n`, 0)
  let held = true
  return {
    async release() {
      if (!held) return
      held = false
      fs().closeSync(descriptor)
      await unlock()
    },
  }
}

/** Resolves to what undoes it beyond closing `descriptor`; rejects with one of HELD_CODES. */
async function lockByKernel(descriptor: number): Promise<() => Promise<void>> {
  const exitCode = await runFlock(descriptor)
  if (exitCode === 0) return () => Promise.resolve()
  if (exitCode === FLOCK_CONFLICT) throw Object.assign(new Error('locked'), { code: 'EAGAIN' })
  return bindAbstractSocket(descriptor)
}

/** flock(1)'s exit code; undefined where there is none. */
function runFlock(descriptor: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = childProcess().spawn('flock', ['-xn', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] })
    child.once('error', () => resolve(undefined))
    child.once('exit', (code) => resolve(code ?? undefined))
  })
}

function bindAbstractSocket(descriptor: number): Promise<() => Promise<void>> {
  const { dev, ino } = fs().fstatSync(descriptor)
  return new Promise((resolve, reject) => {
    const server = net().createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen({ path: `\0odradek-lock-${dev}-${ino}` }, () => {
      server.unref()
      resolve(() => finished((done) => server.close(done)))
    })
  })
}

function asLocked(error: unknown, directory: string, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!HELD_CODES.has(code)) return error
  const holder = readHolder(file)
  const by = holder === undefined ? 'another process' : holder === String(process.pid) ? 'this process' : `process ${holder}`
  return Object.assign(new Error(`Directory ${directory} is in use by ${by}`, { cause: error }), { code: 'ELOCKED' })
}

/** The process id in the lock file; undefined when it cannot be read, as on Windows while it is held. */
function readHolder(file: string): string | undefined {
  try {
    const holder = fs().readFileSync(file, 'latin1').trim()
    return /^\d+$/.test(holder) ? holder : undefined
  } catch {
    return undefined
  }
}
