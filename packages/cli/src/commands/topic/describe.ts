/** `odradek topic describe`: partitions with leaders and offsets, and the configuration that differs from the default. */

import type { Admin, TopicDescription } from '@odradek/client'
import { Command } from 'commander'
import { requireTopics, withAdmin } from '../../session.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, renderRows } from '../../output/output.ts'

interface DescribedPartition {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly startOffset: number | null
  readonly endOffset: number | null
}

interface DescribedTopic {
  readonly topic: string
  readonly topicId: string
  readonly internal: boolean
  readonly configs: Readonly<Record<string, string | null>>
  readonly partitions: readonly DescribedPartition[]
}

export function describeTopicsCommand(): Command {
  return addGlobalOptions(
    new Command('describe')
      .description('partitions, offsets and configuration of topics')
      .argument('[topic...]', 'topics; all that are not internal when none is named')
      .addHelpText('after', '\nExample:\n  $ odradek topic describe orders -o yaml'),
  ).action(async (names: string[], options: GlobalOptions) => {
    const topics = await withAdmin(options, async (admin) => describe(admin, names))
    if (options.output === 'table') await printTopics(topics)
    else await printRows({ rows: topics, columns: [] }, options.output)
  })
}

async function describe(admin: Admin, names: readonly string[]): Promise<DescribedTopic[]> {
  if (names.length > 0) await requireTopics(admin, names)
  const wanted = names.length > 0 ? names : (await admin.listTopics()).map((listing) => listing.topic)
  if (wanted.length === 0) return []
  const [topics, configs] = await Promise.all([
    admin.describeTopics(wanted),
    admin.describeConfigs(wanted.map((name) => ({ type: 'topic', name }))),
  ])
  const offsets = await offsetsOf(admin, topics)
  return topics.map((topic) => ({
    topic: topic.topic,
    topicId: topic.topicId,
    internal: topic.internal,
    configs: Object.fromEntries(
      (configs.find((config) => config.name === topic.topic)?.entries ?? [])
        .filter((entry) => entry.source === 'topic')
        .map((entry) => [entry.name, entry.value]),
    ),
    partitions: topic.partitions.map((partition) => ({
      partition: partition.partition,
      leader: partition.leader,
      replicas: partition.replicas,
      isr: partition.isr,
      startOffset: offsets.get(`earliest:${topic.topic}:${partition.partition}`) ?? null,
      endOffset: offsets.get(`latest:${topic.topic}:${partition.partition}`) ?? null,
    })),
  }))
}

async function offsetsOf(admin: Admin, topics: readonly TopicDescription[]): Promise<Map<string, number>> {
  const offsets = new Map<string, number>()
  const partitions = topics.flatMap((topic) => topic.partitions.filter((partition) => partition.leader >= 0))
  for (const at of ['earliest', 'latest'] as const) {
    const listed = await admin.listOffsets(partitions.map(({ topic, partition }) => ({ topic, partition, at })))
    for (const { topic, partition, offset } of listed) offsets.set(`${at}:${topic}:${partition}`, offset)
  }
  return offsets
}

async function printTopics(topics: readonly DescribedTopic[]): Promise<void> {
  const columns: readonly (readonly [string, (row: DescribedPartition) => Cell])[] = [
    ['PARTITION', (row) => row.partition],
    ['LEADER', (row) => row.leader],
    ['REPLICAS', (row) => row.replicas.join(',')],
    ['ISR', (row) => row.isr.join(',')],
    ['START', (row) => row.startOffset],
    ['END', (row) => row.endOffset],
  ]
  for (const topic of topics) {
    const configs = Object.entries(topic.configs).map(([key, value]) => `${key}=${value ?? ''}`)
    process.stdout.write(`${topic.topic}  id ${topic.topicId}${configs.length === 0 ? '' : `  ${configs.join(' ')}`}\n`)
    process.stdout.write(await renderRows({ rows: topic.partitions, columns }, 'table'))
    process.stdout.write('\n')
  }
}
