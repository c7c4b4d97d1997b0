/** `odradek group describe`: offsets and lag, members or state, in the columns of kafka-consumer-groups.sh. */

import { groupLags, type GroupLag, type PartitionLag } from '@odradek/monitor'
import { Command, Option } from 'commander'
import { findGroups, withAdmin } from '../../session.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'

interface DescribeOptions extends GlobalOptions {
  readonly members?: boolean
  readonly state?: boolean
}

type Columns<Row> = readonly (readonly [string, (row: Row) => Cell])[]

export function describeGroupsCommand(): Command {
  return addGlobalOptions(
    new Command('describe')
      .description('offsets and lag of groups, or their members or state')
      .argument('<group...>', 'names of the groups')
      .addOption(new Option('--members', 'the members and how many partitions each has').conflicts('state'))
      .option('--state', 'state, assignor and coordinator')
      .addHelpText('after', '\nExamples:\n  $ odradek group describe billing\n  $ odradek group describe billing --members --verbose'),
  ).action(async (groupIds: string[], options: DescribeOptions) => {
    const { lags, missing } = await withAdmin(options, async (admin) => {
      const found = await findGroups(admin, groupIds)
      return { lags: await groupLags(admin, found.names), missing: found.missing }
    })
    if (options.members === true) await printMembers(lags, options)
    else if (options.state === true) await printState(lags, options)
    else await printOffsets(lags, options)
    if (missing !== undefined) throw missing
  })
}

interface OffsetRow extends PartitionLag {
  readonly group: string
}

async function printOffsets(lags: readonly GroupLag[], options: DescribeOptions): Promise<void> {
  const rows: OffsetRow[] = lags.flatMap(({ group, partitions }) => partitions.map((partition) => ({ group: group.groupId, ...partition })))
  const columns: Columns<OffsetRow> = [
    ['GROUP', (row) => row.group],
    ['TOPIC', (row) => row.topic],
    ['PARTITION', (row) => row.partition],
    ...(options.verbose === true ? ([['LEADER-EPOCH', (row: OffsetRow) => row.leaderEpoch]] as const) : []),
    ['CURRENT-OFFSET', (row) => row.committedOffset],
    ['LOG-END-OFFSET', (row) => row.endOffset],
    ['LAG', (row) => row.lag],
    ['CONSUMER-ID', (row) => row.memberId],
    ['HOST', (row) => row.host],
    ['CLIENT-ID', (row) => row.clientId],
  ]
  if (options.output === 'table') for (const { group } of lags) sayStanding(group)
  await printRows({ rows, columns, whenEmpty: 'nothing assigned and nothing committed' }, options.output)
}

function sayStanding({ groupId, members, state }: GroupLag['group']): void {
  if (members.length === 0) say(`group ${groupId} has no active members`)
  else if (state === 'PreparingRebalance' || state === 'CompletingRebalance') say(`group ${groupId} is rebalancing`)
}

interface MemberRow {
  readonly group: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly host: string
  readonly clientId: string
  readonly partitions: number
  readonly assignment: string
}

async function printMembers(lags: readonly GroupLag[], options: DescribeOptions): Promise<void> {
  const rows: MemberRow[] = lags.flatMap(({ group }) =>
    group.members.map((member) => ({
      group: group.groupId,
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      host: member.clientHost,
      clientId: member.clientId,
      partitions: member.assignment.length,
      assignment: assignmentText(member.assignment),
    })),
  )
  const columns: Columns<MemberRow> = [
    ['GROUP', (row) => row.group],
    ['CONSUMER-ID', (row) => row.memberId],
    ...(rows.some((row) => row.groupInstanceId !== null)
      ? ([['GROUP-INSTANCE-ID', (row: MemberRow) => row.groupInstanceId]] as const)
      : []),
    ['HOST', (row) => row.host],
    ['CLIENT-ID', (row) => row.clientId],
    ['#PARTITIONS', (row) => row.partitions],
    ...(options.verbose === true ? ([['CURRENT-ASSIGNMENT', (row: MemberRow) => row.assignment || null]] as const) : []),
  ]
  await printRows({ rows, columns, whenEmpty: 'no active members' }, options.output)
}

/** `orders:0,1,2;payments:0`. */
function assignmentText(assignment: readonly { readonly topic: string; readonly partition: number }[]): string {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of assignment) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics].map(([topic, partitions]) => `${topic}:${partitions.sort((left, right) => left - right).join(',')}`).join(';')
}

async function printState(lags: readonly GroupLag[], options: DescribeOptions): Promise<void> {
  const rows = lags.map(({ group }) => ({
    group: group.groupId,
    coordinator: `${group.coordinator.host}:${group.coordinator.port} (${group.coordinator.id})`,
    assignmentStrategy: group.protocol,
    state: group.state,
    members: group.members.length,
  }))
  const columns: Columns<(typeof rows)[number]> = [
    ['GROUP', (row) => row.group],
    ['COORDINATOR (ID)', (row) => row.coordinator],
    ['ASSIGNMENT-STRATEGY', (row) => row.assignmentStrategy || null],
    ['STATE', (row) => row.state],
    ['#MEMBERS', (row) => row.members],
  ]
  await printRows({ rows, columns }, options.output)
}
