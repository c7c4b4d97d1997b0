/** The real runtime: this process, its machine and its network. */

import type { Runtime } from '../runtime.ts'
import { nodeClock } from './clock.ts'
import { createNodeCodecs } from './codecs/codecs.ts'
import { createNodeFiles } from './files.ts'
import { nodeNetwork } from './network.ts'
import { nodeRandom } from './random.ts'
import { NodeWorkers } from './workers.ts'

/** Cheap: sockets, threads and native modules are loaded when first used. */
export function createNodeRuntime(): Runtime {
  return {
    clock: nodeClock,
    random: nodeRandom,
    network: nodeNetwork,
    files: createNodeFiles(),
    codecs: createNodeCodecs(),
    workers: new NodeWorkers(),
  }
}
