// Prepared contestants, taken in turns.
import { contestants } from '../contestants/index.mjs'
import { commonKinds } from './kinds.mjs'

const prepared = new Map()

// A contestant's command, made ready when it is first needed; undefined, and said so, when its toolchain is missing.
async function commandOf(contestant) {
  if (!prepared.has(contestant)) {
    try {
      prepared.set(contestant, await contestant.prepare())
    } catch (error) {
      process.stderr.write(`  left out: ${contestant.name}: ${error.message.split('\n').at(-1)}\n`)
      prepared.set(contestant, undefined)
    }
  }
  return prepared.get(contestant)
}

// Who takes part: each contestant that knows the kind of workload, once for each API of its that is asked for.
export async function entries(kind, uses, only) {
  const all = []
  for (const contestant of contestants) {
    if (!(contestant.kinds ?? commonKinds).includes(kind)) continue
    if (only.length > 0 && !only.includes(contestant.name)) continue
    const program = await commandOf(contestant)
    if (program === undefined) continue
    for (const api of uses === undefined ? [undefined] : contestant.apis[uses]) {
      all.push({ name: nameOf(contestant, api, uses), program, api, most: contestant.most?.[api] ?? Infinity })
    }
  }
  return all
}

function nameOf(contestant, api, uses) {
  return uses === undefined || contestant.apis[uses].length === 1 ? contestant.name : `${contestant.name} ${api}`
}

// The program with its arguments. `workload`: kind, bootstrap, topic, records …: whatever the programs read.
export function withWorkload({ command, env }, workload) {
  const pairs = Object.entries(workload).filter(([, value]) => value !== undefined)
  return { command: [...command, ...pairs.map(([name, value]) => `${name}=${value}`)], env }
}

// A B C A B C …: what disturbs the machine disturbs all alike. A first round warms the brokers up (a JVM needs it) and does not count; `warmUp` does
// without. One that fails is said so and takes no further part. Returns name → its runs.
export async function interleave(list, rounds, once, warmUp = true) {
  const results = {}
  const failed = new Set()
  for (let round = warmUp ? 0 : 1; round <= rounds; round++) {
    for (const entry of list.filter(({ name }) => !failed.has(name))) {
      try {
        const run = await once(entry)
        if (round > 0) (results[entry.name] ??= []).push(run)
        process.stderr.write(`  ${round === 0 ? 'warm-up' : `round ${round}`}, ${entry.name}: ${JSON.stringify(rounded(run))}\n`)
      } catch (error) {
        process.stderr.write(`  ${entry.name} failed: ${error.message}\n`)
        failed.add(entry.name)
        delete results[entry.name]
      }
    }
  }
  return results
}

const rounded = (run) => Object.fromEntries(Object.entries(run).map(([name, value]) => [name, Number(value.toPrecision(3))]))
