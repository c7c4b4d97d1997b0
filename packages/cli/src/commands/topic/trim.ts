/** `odradek topic trim`: deletes the records before an offset or a time. */

import type { Admin, RecordsToDelete } from '@odradek/client'
import { Command } from 'commander'
import { nonNegativeInteger } from '../../arguments.ts'
import { CommandError, UsageError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'
import { parseStartPosition, type StartPosition } from '../../records/start-position.ts'
import { requirePartitions, requireTopics, withAdmin } from '../../session.ts'

interface TrimOptions extends GlobalOptions {
  readonly before: string
  readonly partition?: number
  readonly dryRun?: boolean
}

interface TrimmedPartition {
  readonly topic: string
  readonly partition: number
  readonly startOffset: number
  readonly newStartOffset: number
  readonly deletedOffsets: number
}

const columns: readonly (readonly [string, (row: TrimmedPartition) => Cell])[] = [
  ['TOPIC', (row) => row.topic],
  ['PARTITION', (row) => row.partition],
  ['START', (row) => row.startOffset],
  ['NEW-START', (row) => row.newStartOffset],
  ['DELETED', (row) => row.deletedOffsets],
]

export function trimTopicCommand(): Command {
  return addGlobalOptions(
    new Command('trim')
      .description('delete the records before an offset or a time')
      .argument('<topic>', 'name of the topic')
      .requiredOption('--before <position>', 'an offset, an ISO time, how long ago as P7D, or latest for all records')
      .option('-p, --partition <number>', 'of this partition only', nonNegativeInteger)
      .option('--dry-run', 'only show what would be deleted')
      .addHelpText(
        'after',
        `
Examples:
  $ odradek topic trim orders --before P7D --dry-run
  $ odradek topic trim orders --before 2026-01-31T12:00:00Z
  $ odradek topic trim orders --before 1000 -p 0`,
      ),
  ).action(async (topic: string, options: TrimOptions) => {
    const before = trimPosition(options.before)
    const rows = await withAdmin(options, (admin) => trim(admin, topic, before, options))
    await printRows({ rows, columns }, options.output)
    if (options.dryRun === true) say('nothing was deleted: leave out --dry-run to do it')
  })
}

function trimPosition(text: string): StartPosition {
  const position = /^(earliest|beginning|-\d+)$/.test(text) ? undefined : tryParse(text)
  if (position !== undefined) return position
  throw new UsageError(
    `"${text}" is nothing to trim before: give an offset, a time such as 2026-01-31T12:00:00Z, a duration such as P7D, or latest`,
  )
}

function tryParse(text: string): StartPosition | undefined {
  try {
    return parseStartPosition(text, Date.now())
  } catch {
    return undefined
  }
}

async function trim(admin: Admin, topic: string, before: StartPosition, options: TrimOptions): Promise<TrimmedPartition[]> {
  await requireTopics(admin, [topic])
  if (options.partition !== undefined) await requirePartitions(admin, [{ topic, partition: options.partition }])
  const [described] = await admin.describeTopics([topic])
  await requireTrimmable(admin, topic)
  const partitions = (described?.partitions ?? []).filter(
    ({ partition }) => options.partition === undefined || partition === options.partition,
  )
  const offsetsAt = async (at: 'earliest' | 'latest' | number): Promise<number[]> => {
    return (await admin.listOffsets(partitions.map(({ partition }) => ({ topic, partition, at })))).map(({ offset }) => offset)
  }
  const [starts, ends] = await Promise.all([offsetsAt('earliest'), offsetsAt('latest')])
  const timed = before.kind === 'time' ? await offsetsAt(before.timestampMs) : []
  const deletions = partitions.map(({ partition }, index): RecordsToDelete & { readonly before: number } => {
    const end = ends[index] ?? 0
    const found = before.kind === 'offset' ? before.offset : before.kind === 'time' ? (timed[index] ?? -1) : end
    // No record that late: all are from before.
    const wanted = found < 0 ? end : found
    if (wanted > end) say(`${topic}-${partition}: offset ${wanted} is out of range, ${end} is taken`)
    return { topic, partition, before: Math.max(starts[index] ?? 0, Math.min(wanted, end)) }
  })
  if (options.dryRun !== true) await admin.deleteRecords(deletions)
  return deletions.map(({ partition, before: newStartOffset }, index) => {
    const startOffset = starts[index] ?? 0
    return { topic, partition, startOffset, newStartOffset, deletedOffsets: newStartOffset - startOffset }
  })
}

async function requireTrimmable(admin: Admin, topic: string): Promise<void> {
  const isOwn = (await admin.listTopics()).some((listing) => listing.topic === topic)
  if (!isOwn) throw new CommandError(`topic "${topic}" is the cluster's own: it is compacted by itself, and cannot be trimmed`)
  const [config] = await admin.describeConfigs([{ type: 'topic', name: topic }])
  const policy = config?.entries.find(({ name }) => name === 'cleanup.policy')?.value ?? 'delete'
  if (!policy.includes('delete')) {
    throw new CommandError(
      `topic "${topic}" keeps the newest record of each key (cleanup.policy=${policy}) and cannot be trimmed; delete keys with null values`,
    )
  }
}
