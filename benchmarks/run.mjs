// Side-by-side measurements in one run, interleaved (A B A B …). Quote the ratios: absolute figures do not carry over to another machine.
// npm run bench -- [scenario…] [--records N] [--rounds N]      Scenarios: see lib/scenarios.mjs; all of them when none is named.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cacheDir } from '../tests/dist/interop/harness/paths.js'
import { installPeers } from './lib/peers.mjs'
import { printScenario } from './lib/report.mjs'
import { scenarios } from './lib/scenarios.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { records: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
})
const unknown = positionals.filter((name) => !(name in scenarios))
if (unknown.length > 0) {
  console.error(`no scenario ${unknown.join(', ')}: ${Object.keys(scenarios).join(', ')}`)
  process.exit(2)
}
const options = { records: Number(values.records), rounds: Number(values.rounds) }

installPeers()
const results = {}
for (const [name, scenario] of Object.entries(scenarios)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  console.log(`\n${name}: ${scenario.title}`)
  results[name] = await scenario.run(options)
  printScenario(results[name])
}
const path = join(cacheDir, 'bench.json')
writeFileSync(path, `${JSON.stringify({ options, node: process.version, results }, undefined, 2)}\n`)
console.log(`\nall figures of all rounds: ${path}`)
