/** `odradek topic`: create, list, describe, alter, trim and delete topics. */

import { Command } from 'commander'
import { alterTopicCommand } from './topic/alter.ts'
import { createTopicCommand } from './topic/create.ts'
import { deleteTopicsCommand } from './topic/delete.ts'
import { describeTopicsCommand } from './topic/describe.ts'
import { listTopicsCommand } from './topic/list.ts'
import { trimTopicCommand } from './topic/trim.ts'

export function topicCommand(): Command {
  return new Command('topic')
    .description('create, list, describe, alter, trim and delete topics')
    .addCommand(createTopicCommand())
    .addCommand(listTopicsCommand())
    .addCommand(describeTopicsCommand())
    .addCommand(alterTopicCommand())
    .addCommand(deleteTopicsCommand())
    .addCommand(trimTopicCommand())
}
