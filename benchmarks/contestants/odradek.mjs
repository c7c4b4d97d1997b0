// Our client, as it is compiled in this checkout.
import { allKinds } from '../lib/kinds.mjs'
import { loadPath } from '../lib/paths.mjs'

export const odradek = {
  name: 'odradek',
  apis: { batch: ['arrays'], each: ['single'] },
  kinds: allKinds,
  prepare: () => ({ command: [process.execPath, loadPath('js/main.mjs'), 'odradek'] }),
}
