// A million records of our idempotent producer through the fault proxy, on our broker and on Apache Kafka, alive, killed and in threes.

import { proveSequenced } from '../proving/sequenced-proofs.ts'

proveSequenced({
  records: 1_000_000,
  recordsWithKills: 1_000_000,
  perSecond: 0,
  seed: Number(process.env['ODRADEK_SEED'] ?? 1),
  timeout: 1_800_000,
})
