/** The command: `npm run simulate -- --seed N [--count N] [--scenario NAME]`. */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { encodeEvent } from '@odradek/history'
import { scenarios } from './scenarios/index.ts'
import { Session } from './session.ts'

const usage = `npm run simulate -- --seed N [--count N] [--scenario NAME] [--history FILE]
  --seed N         the first seed (default 1)
  --count N        how many seeds, one after the other (default 1)
  --history FILE   writes the history of the last run there, for odradek verify
  --scenario NAME  one of ${Object.keys(scenarios).join(', ')} (default: each in turn, by seed)`

function wholeNumber(text: string, name: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name}: ${text} is not a whole number`)
  return value
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '1' },
      scenario: { type: 'string' },
      history: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) {
    console.log(usage)
    return 0
  }
  const chosen = values.scenario
  if (chosen !== undefined && !(chosen in scenarios)) throw new RangeError(`there is no scenario ${chosen}`)
  const path = values.history
  const session = new Session(console.log, (events) => {
    if (path !== undefined) writeFileSync(path, events.map(encodeEvent).join(''))
  })
  await session.run(wholeNumber(values.seed, 'seed'), wholeNumber(values.count, 'count'), chosen)
  session.summarise()
  return session.failures === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error
  console.error(`${error.message}\n${usage}`)
  process.exitCode = 2
}
