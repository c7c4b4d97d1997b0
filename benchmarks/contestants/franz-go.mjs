// franz-go, built by the Go toolchain; go.mod pins its version.
import { dirname } from 'node:path'
import { buildOnce } from '../lib/build.mjs'
import { loadPath } from '../lib/paths.mjs'

export const franzGo = {
  name: 'franz-go',
  apis: { batch: ['push'], each: ['push'] },
  async prepare() {
    const sources = ['main.go', 'go.mod', 'go.sum'].map((name) => loadPath(`franz-go/${name}`))
    const build = (target) => ['go', ['build', '-buildvcs=false', '-o', target, '.'], { cwd: dirname(sources[0]) }]
    return { command: [await buildOnce('franz-go', sources, build)] }
  },
}
