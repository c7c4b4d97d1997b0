/** What a compression thread runs. It is a file of its own at run time too: a bundle must ship it beside itself under this name. */

import { parentPort } from 'node:worker_threads'
import type { CodecName } from '../codecs.ts'
import { createNodeCodecs } from './codecs/codecs.ts'

export interface WorkerTask {
  readonly codec: CodecName
  readonly data: Uint8Array<ArrayBuffer>
  readonly level: number | undefined
  /** Absent: compress. */
  readonly maxOutputBytes: number | undefined
}

export type WorkerReply = { readonly output: Uint8Array<ArrayBuffer> } | { readonly errorName: string; readonly message: string }

const codecs = createNodeCodecs()

async function perform({ codec: name, data, level, maxOutputBytes }: WorkerTask): Promise<WorkerReply> {
  try {
    const codec = await codecs.load(name)
    const output = maxOutputBytes === undefined ? codec.compress(data, level) : codec.decompress(data, maxOutputBytes)
    // Memory of its own, which can change threads without being copied again.
    return { output: new Uint8Array(output) }
  } catch (error) {
    return error instanceof Error ? { errorName: error.name, message: error.message } : { errorName: 'Error', message: String(error) }
  }
}

parentPort?.on('message', (task: WorkerTask) => {
  void perform(task).then((reply) => parentPort?.postMessage(reply, 'output' in reply ? [reply.output.buffer] : []))
})
