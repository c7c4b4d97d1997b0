// Read-process-write in full size: 200,000 records while instances and broker are killed thirty times, ours and Java's, on our broker and on Apache Kafka.

import { proveJavaPipelineOnOurs, provePipelineOnKafka, provePipelineOnOurs } from '../proving/pipeline/pipeline-proofs.ts'

const seed = Number(process.env['ODRADEK_SEED'] ?? 1)
const common = { records: 200_000, instances: 4, seed, timeout: 1_800_000 }

provePipelineOnOurs({ ...common, instanceKills: 20, brokerKills: 10 })
provePipelineOnKafka({ ...common, instanceKills: 24, brokerKills: 6 })
proveJavaPipelineOnOurs({ ...common, instanceKills: 8, brokerKills: 4, asGroup: true })
proveJavaPipelineOnOurs({ ...common, instanceKills: 8, brokerKills: 4, asGroup: false })
