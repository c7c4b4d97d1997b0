/** `npm run generate`: writes `src/generated/` anew. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generate } from './generate.ts'
import { loadDefinitions, packageRoot } from './load.ts'

const target = join(packageRoot, 'src', 'generated')
const files = generate(await loadDefinitions())
rmSync(target, { recursive: true, force: true })
for (const { path, text } of files) {
  mkdirSync(dirname(join(target, path)), { recursive: true })
  writeFileSync(join(target, path), text)
}
