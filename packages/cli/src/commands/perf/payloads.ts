/** The values that `perf produce` sends, in turn. */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CommandError } from '../../errors.ts'

const randomPayloads = 1000

export function makePayloads(size: number): Buffer[] {
  return Array.from({ length: randomPayloads }, () => randomBytes(size))
}

/** `delimiter`: between one payload and the next, as Kafka's `--payload-delimiter`; `\n` stands for a line end. Empty payloads at the end do not count. */
export function readPayloads(path: string, delimiter: string): Buffer[] {
  const payloads = splitPayloads(readFileSync(path), Buffer.from(delimiter.replaceAll('\\n', '\n')))
  if (payloads.length === 0) throw new CommandError(`there is no payload in ${path}; write one a line`)
  return payloads
}

export function splitPayloads(bytes: Buffer, delimiter: Buffer): Buffer[] {
  const payloads: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(delimiter); end !== -1; end = bytes.indexOf(delimiter, start)) {
    payloads.push(bytes.subarray(start, end))
    start = end + delimiter.length
  }
  payloads.push(bytes.subarray(start))
  while (payloads.at(-1)?.length === 0) payloads.pop()
  return payloads
}
