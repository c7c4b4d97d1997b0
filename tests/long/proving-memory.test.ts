// What our producer's process takes under full load while the broker is stopped for a minute, and what becomes of each record.

import { proveMemory } from '../proving/crash/frozen-proofs.ts'

proveMemory({ stopMs: 60_000, timeout: 360_000 })
