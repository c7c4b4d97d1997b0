/** Offsets in the file format of kafka-consumer-groups: `topic,partition,offset` a line, or `group,topic,partition,offset`. */

import type { TopicPartitionOffset } from '@odradek/client'
import { CommandError } from '../../../errors.ts'

/** Those of the group. Throws CommandError that names the line which is none, or one too many. */
export function parseOffsetsFile(text: string, groupId: string): TopicPartitionOffset[] {
  const offsets = new Map<string, TopicPartitionOffset>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const cells = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
    const [offset, partition, topic, group = groupId] = cells.toReversed()
    if (topic === undefined || topic === '' || cells.length > 4 || !isCount(partition) || !isCount(offset)) {
      throw new CommandError(`line ${index + 1} is not topic,partition,offset or group,topic,partition,offset: ${line.trim()}`)
    }
    if (group !== groupId) continue
    const place = `${topic}-${Number(partition)}`
    if (offsets.has(place)) throw new CommandError(`line ${index + 1} names ${place} again: ${line.trim()}`)
    offsets.set(place, { topic, partition: Number(partition), offset: Number(offset) })
  }
  if (offsets.size === 0) throw new CommandError(`the file holds no offsets of group "${groupId}"`)
  return [...offsets.values()]
}

function isCount(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(Number(text))
}
