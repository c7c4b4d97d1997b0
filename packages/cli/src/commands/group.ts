/** `odradek group`: list, describe, reset and delete consumer groups. */

import { Command } from 'commander'
import { deleteGroupOffsetsCommand } from './group/delete-offsets.ts'
import { deleteGroupsCommand } from './group/delete.ts'
import { describeGroupsCommand } from './group/describe.ts'
import { listGroupsCommand } from './group/list.ts'
import { resetGroupCommand } from './group/reset.ts'
import { undoResetCommand } from './group/undo-reset.ts'

export function groupCommand(): Command {
  return new Command('group')
    .description('list, describe, reset and delete consumer groups')
    .addCommand(listGroupsCommand())
    .addCommand(describeGroupsCommand())
    .addCommand(resetGroupCommand())
    .addCommand(undoResetCommand())
    .addCommand(deleteGroupsCommand())
    .addCommand(deleteGroupOffsetsCommand())
}
