/** `partition.metadata`: which topic id the files of a partition directory belong to. */

import type { Files } from '@odradek/runtime'

import { PARTITION_METADATA } from './file-names.ts'

/** The topic id in the directory; undefined when the file is missing, torn or of another version. */
export async function readPartitionTopicId(files: Files, directory: string): Promise<string | undefined> {
  const path = `${directory}/${PARTITION_METADATA}`
  if ((await files.stat(path)) === undefined) return undefined
  const text = (await files.readFile(path)).toString('utf8')
  return /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(text)?.[1]
}

/** Not synced: whoever creates the topic keeps its id durably, and this file is only a check against mixing up directories. */
export async function writePartitionTopicId(files: Files, directory: string, topicId: string): Promise<void> {
  const handle = await files.open(`${directory}/${PARTITION_METADATA}`, 'write')
  try {
    const data = Buffer.from(`version: 0\ntopic_id: ${topicId}`)
    await handle.write([data], 0)
    await handle.truncate(data.length)
  } finally {
    await handle.close()
  }
}
