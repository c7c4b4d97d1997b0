// What our producer's process takes under full load while the broker is stopped, and what becomes of each record; a minute of it in tests/long.

import { proveMemory } from '../proving/crash/frozen-proofs.ts'

proveMemory({ stopMs: 20_000, timeout: 240_000 })
