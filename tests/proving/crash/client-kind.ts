/** Producers of numbered records as processes of their own: our client, Apache Kafka's, librdkafka. */

import { join } from 'node:path'
import { startJava } from '../../interop/harness/java-program.ts'
import { harnessDir, rootDir } from '../../interop/harness/paths.ts'
import { type StartedProcess, startProcess } from '../../interop/harness/process.ts'
import { startPython } from '../../interop/harness/python.ts'
import { type SequencedOptions, sequencedArguments } from '../workload/sequenced-options.ts'

export type ClientKind = 'odradek' | 'java' | 'librdkafka'

export const clientKinds: readonly ClientKind[] = ['odradek', 'java', 'librdkafka']

const patience = { acks: 'all', 'enable.idempotence': 'true', 'delivery.timeout.ms': '90000', 'linger.ms': '2' }
const backoff = { 'retry.backoff.ms': '20', 'reconnect.backoff.ms': '20', 'reconnect.backoff.max.ms': '100' }

/** Idempotent, patient with records and impatient with connections, each in the words of its client. */
export const resilientConfig: Readonly<Record<ClientKind, Readonly<Record<string, string>>>> = {
  odradek: { ...patience, ...backoff, 'request.timeout.ms': '1000' },
  java: { ...patience, ...backoff, 'request.timeout.ms': '1000', 'retry.backoff.max.ms': '200' },
  librdkafka: { ...patience, ...backoff, 'retry.backoff.max.ms': '200', 'socket.timeout.ms': '1000' },
}

/** Starts it; it appends to the journal at `journalPath`, and what it says is read with `readTotals`. `nodeArgs` are for ours alone. */
export async function startSequenced(
  kind: ClientKind,
  options: SequencedOptions,
  journalPath: string,
  nodeArgs: readonly string[] = [],
): Promise<StartedProcess> {
  const args = sequencedArguments(options, journalPath)
  switch (kind) {
    case 'odradek': {
      const program = join(rootDir, 'tests', 'dist', 'proving', 'workload', 'sequenced-main.js')
      return startProcess(process.execPath, [...nodeArgs, program, ...args])
    }
    case 'java':
      return await startJava(join(harnessDir, 'java', 'SequencedProducer.java'), args)
    case 'librdkafka':
      return await startPython(join(harnessDir, 'python', 'sequenced.py'), args)
  }
}

export interface SaidTotals {
  readonly isDone: boolean
  readonly sent: number
  readonly acknowledged: number
  readonly failed: number
}

/** The last figures that a sequenced producer has said. */
export function readTotals(client: StartedProcess): SaidTotals {
  const said = [...client.stdout().matchAll(/^(now|done) sent (\d+) acknowledged (\d+) failed (\d+)$/gm)].at(-1)
  return {
    isDone: said?.[1] === 'done',
    sent: Number(said?.[2] ?? 0),
    acknowledged: Number(said?.[3] ?? 0),
    failed: Number(said?.[4] ?? 0),
  }
}
