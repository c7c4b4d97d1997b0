/** kcat, the command-line client on librdkafka, from the system's packages. */

import { type ProcessOptions, type ProcessResult, runProcess, type StartedProcess, startProcess } from './process.ts'

/** Runs kcat to its end; fails, and never skips, where it is not installed. */
export async function runKcat(args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  try {
    return await runProcess('kcat', args, { timeoutMs: 60_000, ...options })
  } catch (error) {
    throw hint(error)
  }
}

export function startKcat(args: readonly string[], options: ProcessOptions = {}): StartedProcess {
  return startProcess('kcat', args, options)
}

function hint(error: unknown): unknown {
  const isMissing = error instanceof Error && error.message.startsWith('cannot run')
  return isMissing ? new Error('kcat is not installed: apt-get install kcat', { cause: error }) : error
}
