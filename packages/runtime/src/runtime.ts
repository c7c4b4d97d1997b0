/** Everything outside the process that broker and client touch, in one value that a simulation can replace. */

import type { Clock } from './clock.ts'
import type { Codecs } from './codecs.ts'
import type { Files } from './files.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { Workers } from './workers.ts'

export interface Runtime {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly files: Files
  readonly codecs: Codecs
  readonly workers: Workers
}
