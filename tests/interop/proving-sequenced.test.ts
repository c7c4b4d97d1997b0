// Our idempotent producer through the fault proxy on our broker and on Apache Kafka, alive, killed and in threes; a million records in tests/long.

import { proveSequenced } from '../proving/sequenced-proofs.ts'

proveSequenced({ records: 100_000, recordsWithKills: 60_000, perSecond: 4000, seed: 1, timeout: 300_000 })
