// Our client: this checkout, as it would be published.
import { allKinds } from '../lib/kinds.mjs'
import { loadPath } from '../lib/paths.mjs'
import { installOdradek } from '../lib/peers.mjs'

export const odradek = {
  name: 'odradek',
  apis: { batch: ['arrays'], each: ['single'] },
  kinds: allKinds,
  prepare: async () => ({ command: [process.execPath, loadPath('js/main.mjs'), 'odradek'], env: { BENCH_PEERS: await installOdradek() } }),
}
