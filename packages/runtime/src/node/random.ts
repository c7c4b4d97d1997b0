/** Node's randomness. */

import type { Random } from '../random.ts'
import { crypto } from './builtins.ts'

export const nodeRandom: Random = {
  next: () => Math.random(),
  int: (bound) => Math.floor(Math.random() * bound),
  bytes: (length) => crypto().randomBytes(length),
  uuid: () => crypto().randomUUID(),
}
