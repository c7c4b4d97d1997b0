/** Runs the crashes and writes their table into docs/guide/delivery.md: node tests/dist/delivery/write-guide.js */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDir } from '../interop/harness/paths.ts'
import { crashEverywhere, crashTable } from './crash-table.ts'

const path = join(rootDir, 'docs', 'guide', 'delivery.md')
const table = crashTable(await crashEverywhere())
writeFileSync(path, readFileSync(path, 'utf8').replace(/(<!-- crashes -->\n)[\s\S]*?(<!-- \/crashes -->)/, `$1${table}\n$2`))
console.log(table)
