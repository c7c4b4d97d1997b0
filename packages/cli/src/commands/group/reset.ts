/** `odradek group reset`: shows where a group would go, and takes it there with `--execute`. */

import { readFile } from 'node:fs/promises'
import type { Admin, TopicPartition, TopicPartitionOffset } from '@odradek/client'
import { Command } from 'commander'
import { integerFrom, nonNegativeInteger } from '../../arguments.ts'
import { CommandError, UsageError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'
import { collectTopicScope, expandScopes, type TopicScope } from '../../records/partition-list.ts'
import { requirePartitions, requireTopics, withAdmin } from '../../session.ts'
import { requireNoMembers, resetOffsets } from './reset/change-offsets.ts'
import { parseOffsetsFile } from './reset/offsets-file.ts'
import { type PlannedReset, planReset, sayClamped } from './reset/plan.ts'
import { type ResetTarget, resetTarget, type TargetOptions } from './reset/target.ts'

interface ResetOptions extends GlobalOptions, TargetOptions {
  readonly topic?: readonly TopicScope[]
  readonly allTopics?: boolean
  readonly execute?: boolean
}

export function resetGroupCommand(): Command {
  return addGlobalOptions(
    new Command('reset')
      .description('take a group to other offsets; shows what it would do until --execute')
      .argument('<group>', 'name of the group; it must have no members')
      .option('--to-earliest', 'to the first record of each partition')
      .option('--to-latest', 'to the end')
      .option('--to-current', 'to where it is; to the end where nothing is committed')
      .option('--to-offset <number>', 'to this offset', nonNegativeInteger)
      .option('--to-datetime <time>', 'to the first record from then on, ISO 8601; without a zone it is local time')
      .option('--by-duration <duration>', 'to the first record of the last such time, as PT1H')
      .option('--shift-by <number>', 'forward by so many records; back if it is negative', integerFrom(Number.MIN_SAFE_INTEGER))
      .option('--from-file <file>', 'to the offsets in a file: topic,partition,offset a line')
      .option('--topic <topic:partitions>', 'only this topic, or orders:0,3; repeatable', collectTopicScope)
      .option('--all-topics', 'every topic that the group has committed offsets of')
      .option('--execute', 'do it')
      .addHelpText(
        'after',
        `
Offsets before the first record or beyond the end become those, with a warning. What was committed is kept on this machine:
odradek group undo-reset takes the group back.

Examples:
  $ odradek group reset billing --to-earliest --all-topics
  $ odradek group reset billing --by-duration PT1H --topic orders --execute
  $ odradek group reset billing --shift-by -10 --topic orders:0,3 --execute
  $ odradek group reset billing --from-file offsets.csv --execute`,
      ),
  ).action(reset)
}

async function reset(groupId: string, options: ResetOptions): Promise<void> {
  if (groupId === '') throw new UsageError('the name of a group is not empty')
  const target = resetTarget(options, Date.now())
  checkScope(target, options)
  const fileOffsets = target.kind === 'file' ? parseOffsetsFile(await readFile(target.path, 'utf8'), groupId) : []
  await withAdmin(options, async (admin) => {
    const partitions = await partitionsInScope(admin, groupId, options, fileOffsets)
    await requireNoMembers(admin, groupId)
    const plan = await planReset(admin, groupId, partitions, target.kind === 'file' ? { kind: 'offsets', offsets: fileOffsets } : target)
    sayClamped(plan)
    if (options.execute === true) {
      const offsets = plan.map(({ topic, partition, newOffset }) => ({ topic, partition, offset: newOffset }))
      await resetOffsets(admin, groupId, offsets)
    }
    await printPlan(groupId, plan, options)
  })
  if (options.execute === true) say(`group ${groupId} was reset; take it back with: odradek group undo-reset ${groupId}`)
  else say('nothing was changed: add --execute to do it')
}

function checkScope(target: ResetTarget, { topic, allTopics }: ResetOptions): void {
  if (topic !== undefined && allTopics === true) throw new UsageError('--topic and --all-topics exclude each other')
  if (topic !== undefined || allTopics === true || target.kind === 'file') return
  throw new UsageError('say which topics: --topic TOPIC, --topic TOPIC:0,1 or --all-topics')
}

async function partitionsInScope(
  admin: Admin,
  groupId: string,
  { topic: scopes, allTopics }: ResetOptions,
  fileOffsets: readonly TopicPartitionOffset[],
): Promise<readonly TopicPartition[]> {
  if (scopes === undefined) {
    const found = allTopics === true ? await admin.listGroupOffsets(groupId) : fileOffsets
    if (found.length === 0) throw new CommandError(`group "${groupId}" has committed nothing: name topics with --topic`)
    const partitions = found.map(({ topic, partition }) => ({ topic, partition })).sort(inOrder)
    await requireTopics(admin, [...new Set(partitions.map(({ topic }) => topic))])
    await requirePartitions(admin, partitions)
    return partitions
  }
  const topics = scopes.map(({ topic }) => topic)
  await requireTopics(admin, topics)
  const counts = new Map((await admin.listTopics({ includeInternal: true })).map(({ topic, partitions }) => [topic, partitions]))
  const partitions = expandScopes(scopes, (topic) => counts.get(topic) ?? 0)
  await requirePartitions(admin, partitions)
  if (fileOffsets.length === 0) return partitions
  const inFile = partitions.filter(({ topic, partition }) =>
    fileOffsets.some((known) => known.topic === topic && known.partition === partition),
  )
  if (inFile.length === 0) throw new CommandError('the file holds no offset of these partitions')
  return inFile
}

function inOrder(left: TopicPartition, right: TopicPartition): number {
  return left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1
}

interface ResetRow extends PlannedReset {
  readonly group: string
}

async function printPlan(groupId: string, plan: readonly PlannedReset[], { output }: GlobalOptions): Promise<void> {
  const columns: readonly (readonly [string, (row: ResetRow) => Cell])[] = [
    ['GROUP', (row) => row.group],
    ['TOPIC', (row) => row.topic],
    ['PARTITION', (row) => row.partition],
    ['CURRENT-OFFSET', (row) => row.currentOffset],
    ['NEW-OFFSET', (row) => row.newOffset],
    ['LOG-END-OFFSET', (row) => row.endOffset],
    ['NEW-LAG', (row) => row.endOffset - row.newOffset],
  ]
  await printRows({ rows: plan.map((row) => ({ group: groupId, ...row })), columns }, output)
}
