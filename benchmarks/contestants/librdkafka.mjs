// librdkafka as a small C program on Debian's librdkafka-dev, and through confluent-kafka for Python.
import { pythonPackages } from '../../tests/dist/interop/harness/python.js'
import { buildOnce } from '../lib/build.mjs'
import { loadPath } from '../lib/paths.mjs'

export const librdkafka = {
  name: 'librdkafka',
  apis: { batch: ['push'], each: ['push'] },
  async prepare() {
    const source = loadPath('librdkafka.c')
    const program = await buildOnce('librdkafka', [source], (target) => ['cc', ['-O2', '-o', target, source, '-lrdkafka', '-lpthread']])
    return { command: [program] }
  },
}

export const confluentPython = {
  name: 'confluent-kafka (python)',
  apis: { batch: ['push'], each: ['push'] },
  kinds: ['produce', 'consume', 'latency'],
  prepare: async () => ({ command: ['python3', loadPath('confluent.py')], env: { PYTHONPATH: await pythonPackages() } }),
}
