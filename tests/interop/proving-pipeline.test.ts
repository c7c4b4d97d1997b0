// Read-process-write on our broker while instances and broker are killed: ours and Kafka's TransactionalMessageCopier.

import { proveJavaPipelineOnOurs, provePipelineOnOurs } from '../proving/pipeline/pipeline-proofs.ts'

const seed = Number(process.env['ODRADEK_SEED'] ?? 1)

provePipelineOnOurs({ records: 10_000, instances: 4, instanceKills: 4, brokerKills: 2, seed, timeout: 180_000 })
proveJavaPipelineOnOurs({ records: 6000, instances: 2, instanceKills: 2, brokerKills: 1, seed, asGroup: false, timeout: 180_000 })
