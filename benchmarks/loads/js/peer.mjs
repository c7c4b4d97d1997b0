// Imports a package from the directory that the peers are installed in.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const resolver = createRequire(join(process.env.BENCH_PEERS, 'package.json'))

export const importPeer = (name) => import(pathToFileURL(resolver.resolve(name)).href)
