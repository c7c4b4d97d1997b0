/** Reading a partition's directory, with errors that say what is not one. */

import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Inspected, inspectPartition } from '@odradek/broker'
import { createNodeRuntime } from '@odradek/runtime'
import { CommandError } from '../../errors.ts'

/** Throws CommandError for what is no partition's directory. */
export async function* readPartition(directory: string): AsyncGenerator<Inspected> {
  const found = await stat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new CommandError(`there is no directory ${directory}`, { cause: error })
    throw error
  })
  if (!found.isDirectory()) throw new CommandError(`${directory} is no directory; give the one that it is in`)
  let isEmpty = true
  for await (const each of inspectPartition(createNodeRuntime(), resolve(directory))) {
    isEmpty = false
    yield each
  }
  // A partition that nothing was written to has no segment yet.
  if (isEmpty && !(await isThere(join(directory, 'partition.metadata')))) {
    throw new CommandError(`${directory} is no partition's directory; give one such as odradek-data/orders-0`)
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
