/** `odradek topic alter`: more partitions, other configuration. */

import { Command } from 'commander'
import { requireTopics, withAdmin } from '../../session.ts'
import { positiveInteger } from '../../arguments.ts'
import { UsageError } from '../../errors.ts'
import { addGlobalOptions, collectKeyValue, type GlobalOptions } from '../../global-options.ts'
import { say } from '../../output/output.ts'

interface AlterOptions extends GlobalOptions {
  readonly partitions?: number
  readonly topicConfig?: Readonly<Record<string, string>>
}

export function alterTopicCommand(): Command {
  return addGlobalOptions(
    new Command('alter')
      .description('raise the number of partitions, or change the configuration')
      .argument('<topic>', 'name of the topic')
      .option(
        '-p, --partitions <count>',
        'the new number of partitions; it can only grow, and keys then map to other partitions',
        positiveInteger,
      )
      .option(
        '-c, --topic-config <key=value>',
        'topic configuration; an empty value takes it back to its default; repeatable',
        collectKeyValue,
      )
      .addHelpText(
        'after',
        '\nExamples:\n  $ odradek topic alter orders -p 12\n  $ odradek topic alter orders -c retention.ms=3600000\n  $ odradek topic alter orders -c retention.ms=',
      ),
  ).action(async (name: string, options: AlterOptions) => {
    const configs = Object.entries(options.topicConfig ?? {})
    if (options.partitions === undefined && configs.length === 0) throw new UsageError('say what to alter: -p COUNT, or -c KEY=VALUE')
    await withAdmin(options, async (admin) => {
      await requireTopics(admin, [name])
      if (configs.length > 0) {
        await admin.alterConfigs([
          {
            type: 'topic',
            name,
            set: Object.fromEntries(configs.filter(([, value]) => value !== '')),
            remove: configs.filter(([, value]) => value === '').map(([key]) => key),
          },
        ])
      }
      if (options.partitions !== undefined) await admin.createPartitions([{ topic: name, count: options.partitions }])
    })
    say(`altered topic ${name}`)
  })
}
