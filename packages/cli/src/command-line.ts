/** Parses the command line, runs one command, turns its end into an exit code. */

import { CommanderError } from 'commander'
import { describeError, CommandError, exitCodes } from './errors.ts'
import { createProgram } from './program.ts'

/** Resolves to the exit code; everything said goes to the process's own stdout and stderr. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  // A reader that has seen enough (`| head`) is not an error; whoever writes is told by the write itself.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    await createProgram().parseAsync([...argv], { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    process.stderr.write(`odradek: ${describeError(error)}\n`)
    if (argv.includes('--verbose') || argv.includes('-v')) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
    return error instanceof CommandError ? error.exitCode : exitCodes.failed
  }
}
