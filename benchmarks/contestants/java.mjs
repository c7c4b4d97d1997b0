// Kafka's own client, its payloads taken from a pool: Kafka's perf tool fills each at random.
import { kafkaClasspath } from '../../tests/dist/interop/harness/kafka-dist.js'
import { compileJava } from '../../tests/dist/interop/harness/java-program.js'
import { allKinds } from '../lib/kinds.mjs'
import { loadPath } from '../lib/paths.mjs'

export const java = {
  name: 'java',
  apis: { batch: ['push'], each: ['push'] },
  kinds: allKinds,
  async prepare() {
    const { classesDir, mainClass } = await compileJava(loadPath('Load.java'))
    return { command: ['java', '-Xms512m', '-Xmx512m', '-cp', `${classesDir}:${await kafkaClasspath()}`, mainClass] }
  },
}
