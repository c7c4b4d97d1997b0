/** Python with confluent-kafka (librdkafka), installed from PyPI into .cache and nowhere else. */

import { join } from 'node:path'
import { cacheDir } from './paths.ts'
import { prepareOnce } from './prepare-once.ts'
import { mustRun, type ProcessOptions, type ProcessResult, runProcess, type StartedProcess, startProcess } from './process.ts'

const confluentKafkaVersion = '2.16.1'

/** The directory with the packages. */
export async function pythonPackages(): Promise<string> {
  return await prepareOnce(join(cacheDir, `confluent-kafka-${confluentKafkaVersion}`), async (scratchDir) => {
    const pip = ['-m', 'pip', 'install', '-q', '--target', scratchDir, `confluent-kafka==${confluentKafkaVersion}`]
    await mustRun('python3', pip, { timeoutMs: 300_000 })
  })
}

async function withPath(options: ProcessOptions): Promise<ProcessOptions> {
  return { ...options, env: { PYTHONUNBUFFERED: '1', ...options.env, PYTHONPATH: await pythonPackages() } }
}

/** Runs a checked-in script to its end. */
export async function runPython(scriptPath: string, args: readonly string[] = [], options: ProcessOptions = {}): Promise<ProcessResult> {
  return await runProcess('python3', [scriptPath, ...args], await withPath(options))
}

export async function startPython(scriptPath: string, args: readonly string[] = [], options: ProcessOptions = {}): Promise<StartedProcess> {
  return startProcess('python3', [scriptPath, ...args], await withPath(options))
}
