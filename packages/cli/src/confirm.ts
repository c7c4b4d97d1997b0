/** Asking before something is gone for good. */

import { createInterface } from 'node:readline/promises'
import { CommandError, UsageError } from './errors.ts'

/** `question` ends in no question mark. Throws CommandError at anything but yes, UsageError when nobody is there to be asked. */
export async function confirm(question: string, ifNot: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('deleting needs --yes when nobody is there to be asked')
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(`${question}? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError(ifNot)
  } finally {
    prompt.close()
  }
}
