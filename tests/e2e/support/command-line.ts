/** The command line as a user runs it: a process a command. */

import { odradekBin } from '../../interop/harness/broker-process.ts'
import { mustRun, type ProcessResult, runProcess } from '../../interop/harness/process.ts'

export interface CommandInput {
  readonly bootstrapServers?: string
  readonly stdin?: string | Uint8Array
  readonly timeoutMs?: number
}

/** Runs `odradek ARGS` to its end; any exit code is a result. */
export function odradek(args: readonly string[], input: CommandInput = {}): Promise<ProcessResult> {
  return runProcess(process.execPath, [odradekBin, ...args], options(input))
}

/** As `odradek`; an exit code other than 0 is an error that shows what was written. */
export function mustOdradek(args: readonly string[], input: CommandInput = {}): Promise<ProcessResult> {
  return mustRun(process.execPath, [odradekBin, ...args], options(input))
}

function options(input: CommandInput): { stdin?: string | Uint8Array; timeoutMs: number; env: Record<string, string> } {
  return {
    ...(input.stdin === undefined ? {} : { stdin: input.stdin }),
    timeoutMs: input.timeoutMs ?? 60_000,
    env: input.bootstrapServers === undefined ? {} : { ODRADEK_BOOTSTRAP_SERVERS: input.bootstrapServers },
  }
}
