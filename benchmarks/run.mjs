// Side-by-side measurements in one run, interleaved (A B C A B C …). Quote the ratios: absolute figures do not carry over to another machine.
// npm run bench -- [scenario…] [--records N] [--rounds N] [--only CONTESTANT,…] [--json FILE]
// Scenarios: see lib/scenarios.mjs; P2 means all that begin with P2-; all of them when none is named.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contestants } from './contestants/index.mjs'
import { stopBrokers } from './lib/brokers.mjs'
import { benchCacheDir } from './lib/paths.mjs'
import { printSummary, summarize } from './lib/report.mjs'
import { scenarios } from './lib/scenarios.mjs'

// What was started ends with this process.
process.on('SIGINT', () => process.exit(130))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    json: { type: 'string', default: join(benchCacheDir, 'results.json') },
  },
})

const all = Object.keys(scenarios)
const named = positionals.flatMap((word) => {
  const names = all.filter((name) => name === word || name.startsWith(`${word}-`))
  if (names.length > 0) return names
  console.error(`no scenario ${word}: ${all.join(', ')}`)
  process.exit(2)
})
const only = values.only.split(',').filter((name) => name !== '')
const stranger = only.find((name) => !contestants.some((contestant) => contestant.name === name))
if (stranger !== undefined) {
  console.error(`no contestant ${stranger}: ${contestants.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const options = { records: Number(values.records), rounds: Number(values.rounds), only }

mkdirSync(benchCacheDir, { recursive: true })
const machine = { cpus: cpus().length, model: cpus()[0].model, node: process.version, at: new Date().toISOString() }
const results = {}
try {
  for (const name of positionals.length > 0 ? named : all) {
    console.log(`\n${name}: ${scenarios[name].title}`)
    const runs = await scenarios[name].run(options)
    const summary = summarize(runs)
    printSummary(summary)
    results[name] = { summary, runs }
    writeFileSync(values.json, `${JSON.stringify({ machine, options, results }, undefined, 2)}\n`)
  }
} finally {
  await stopBrokers()
}
console.log(`\nall figures of all rounds: ${values.json}`)
