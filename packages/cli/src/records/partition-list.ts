/** Topics and partitions as the command line names them: `orders`, or `orders:0,3`. */

import type { TopicPartition } from '@odradek/client'
import { InvalidArgumentError } from 'commander'

export interface TopicScope {
  readonly topic: string
  /** Undefined: all of them. */
  readonly partitions: readonly number[] | undefined
}

/** For a repeatable option. */
export function collectTopicScope(text: string, previous: readonly TopicScope[] = []): TopicScope[] {
  const [, topic, list] = /^([^:]+)(?::([\d,]+))?$/.exec(text) ?? []
  if (topic === undefined) throw new InvalidArgumentError(`write TOPIC or TOPIC:0,1, not "${text}".`)
  const partitions = list?.split(',').map(Number)
  if (partitions?.some((partition) => !Number.isSafeInteger(partition)) === true || list?.split(',').includes('') === true) {
    throw new InvalidArgumentError(`write partitions as TOPIC:0,1, not "${text}".`)
  }
  return [...previous, { topic, partitions: partitions && [...new Set(partitions)] }]
}

/** `partitionsOf` says how many a topic has. */
export function expandScopes(scopes: readonly TopicScope[], partitionsOf: (topic: string) => number): TopicPartition[] {
  const found = new Map<string, TopicPartition>()
  for (const { topic, partitions } of scopes) {
    const wanted = partitions ?? Array.from({ length: partitionsOf(topic) }, (_, partition) => partition)
    for (const partition of wanted) found.set(`${topic}:${partition}`, { topic, partition })
  }
  return [...found.values()]
}
