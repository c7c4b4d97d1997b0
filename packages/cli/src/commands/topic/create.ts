/** `odradek topic create`. */

import { Command } from 'commander'
import { withAdmin } from '../../session.ts'
import { positiveInteger } from '../../arguments.ts'
import { addGlobalOptions, collectKeyValue, type GlobalOptions } from '../../global-options.ts'
import { say } from '../../output/output.ts'

interface CreateOptions extends GlobalOptions {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly topicConfig?: Readonly<Record<string, string>>
}

export function createTopicCommand(): Command {
  return addGlobalOptions(
    new Command('create')
      .description('create a topic')
      .argument('<name>', 'name of the topic')
      .option('-p, --partitions <count>', "number of partitions (default: the broker's num.partitions)", positiveInteger)
      .option(
        '--replication-factor <count>',
        "replicas of each partition (default: the broker's default.replication.factor)",
        positiveInteger,
      )
      .option('-c, --topic-config <key=value>', 'topic configuration; repeatable', collectKeyValue)
      .addHelpText(
        'after',
        `
Examples:
  $ odradek topic create orders -p 6
  $ odradek topic create sessions -p 3 -c cleanup.policy=compact -c segment.bytes=104857600`,
      ),
  ).action(async (name: string, options: CreateOptions) => {
    const [created] = await withAdmin(options, (admin) =>
      admin.createTopics([
        { topic: name, partitions: options.partitions, replicationFactor: options.replicationFactor, configs: options.topicConfig },
      ]),
    )
    say(`created topic ${name}${created === undefined || created.partitions < 0 ? '' : ` with ${created.partitions} partitions`}`)
  })
}
