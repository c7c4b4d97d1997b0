/** Things that are expensive to get are got once a checkout, although test files run in processes side by side. */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Fills `dir` by calling `fill` with a scratch directory that becomes `dir` when it succeeds. Only one process at a time does so;
 * one that crashes leaves nothing half done.
 */
export async function prepareOnce(dir: string, fill: (scratchDir: string) => Promise<void>): Promise<string> {
  if (existsSync(dir)) return dir
  const lock = await acquire(dir)
  try {
    if (existsSync(dir)) return dir
    const scratch = `${dir}.partial`
    await rm(scratch, { recursive: true, force: true })
    await mkdir(scratch, { recursive: true })
    await fill(scratch)
    await rename(scratch, dir)
    return dir
  } finally {
    lock.close()
  }
}

// A socket in Linux' abstract namespace is a lock that vanishes with its owner.
async function acquire(name: string): Promise<Server> {
  const address = `\0odradek-${createHash('sha256').update(name).digest('hex')}`
  for (;;) {
    const server = await tryListen(address)
    if (server !== undefined) return server
    await sleep(100)
  }
}

function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(address, () => resolve(server))
  })
}
