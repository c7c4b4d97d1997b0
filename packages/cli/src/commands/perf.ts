/** `odradek perf`: load, with a summary in the form of Kafka's own perf tools. */

import { Command } from 'commander'
import { perfConsumeCommand } from './perf/consume.ts'
import { perfProduceCommand } from './perf/produce.ts'

export function perfCommand(): Command {
  return new Command('perf')
    .description("load on a topic, with a summary in the form of Kafka's perf tools")
    .addCommand(perfProduceCommand())
    .addCommand(perfConsumeCommand())
}
