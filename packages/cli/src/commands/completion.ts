/** `odradek completion`: the script that teaches a shell to complete command lines, and the command that the script asks. */

import { Argument, Command } from 'commander'
import { completionScripts, shells } from './completion/scripts.ts'

export function completionCommand(): Command {
  return new Command('completion')
    .description('print the script that completes command lines in bash, zsh or fish')
    .addArgument(new Argument('<shell>', 'for which shell').choices([...shells]))
    .addHelpText(
      'after',
      `
Commands, options, their values, topics, groups and transactional ids; names are asked of the cluster that the line is for.

Examples:
  $ source <(odradek completion bash)                                      in ~/.bashrc
  $ source <(odradek completion zsh)                                       in ~/.zshrc, after compinit
  $ odradek completion fish > ~/.config/fish/completions/odradek.fish`,
    )
    .action((shell: (typeof shells)[number]) => {
      process.stdout.write(completionScripts[shell])
    })
}

/** Hidden: prints what may stand in the place of the last of the words. It says nothing on stderr, and always exits with 0. */
export function completeWordsCommand(programOf: () => Command): Command {
  return new Command('__complete').argument('[words...]').action(async (words: string[]) => {
    const { candidatesFor } = await import('./completion/candidates.ts')
    const lines = await candidatesFor(programOf(), words)
    process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  })
}
