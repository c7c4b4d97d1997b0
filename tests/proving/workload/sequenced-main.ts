// A process of our client: numbered records, a journal in a file, a line with its figures on stdout ten times a second.

import { openSync, writeSync } from 'node:fs'
import { parseSequencedArguments } from './sequenced-options.ts'
import { SequencedProducer } from './sequenced-producer.ts'

const SAY_EVERY_MS = 100

const { options, logPath } = parseSequencedArguments(process.argv.slice(2))
const file = openSync(logPath, 'a')
const producer = new SequencedProducer(options, (lines) => void writeSync(file, lines))

function say(word: string): void {
  const { sent, acknowledged, failed } = producer.totals
  console.log(`${word} sent ${sent} acknowledged ${acknowledged} failed ${failed}`)
}

process.stdin.resume()
process.stdin.on('end', () => {
  if (options.count === 0) producer.stop()
})
const timer = setInterval(() => say('now'), SAY_EVERY_MS)
await producer.run()
clearInterval(timer)
say('done')
process.exit(0)
