/** `odradek group`: list and describe consumer groups. */

import { Command } from 'commander'
import { describeGroupsCommand } from './group/describe.ts'
import { listGroupsCommand } from './group/list.ts'

export function groupCommand(): Command {
  return new Command('group')
    .description('list and describe consumer groups')
    .addCommand(listGroupsCommand())
    .addCommand(describeGroupsCommand())
}
