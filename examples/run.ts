/** Runs an example by its name; without one, lists them. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const sourceDir = join(import.meta.dirname, '..')
const names = readdirSync(sourceDir).filter((name) => name !== 'dist' && existsSync(join(sourceDir, name, 'main.ts')))
const [name, ...args] = process.argv.slice(2)

if (name !== undefined && names.includes(name)) {
  process.argv = [...process.argv.slice(0, 2), ...args]
  await import(`./${name}/main.js`)
} else {
  if (name !== undefined) console.error(`there is no example '${name}'`)
  console.log('npm run example -- NAME\n')
  for (const each of names) {
    const question = /\/\*\*\s*(?:\* )?(.*?\?)/.exec(readFileSync(join(sourceDir, each, 'main.ts'), 'utf8'))?.[1]
    console.log(`  ${each.padEnd(18)}${question ?? ''}`)
  }
  process.exitCode = name === undefined ? 0 : 2
}
