/** Errors that the command line reports as one line, and the exit codes of the contract: 1 = not all was done, 2 = wrong usage. */

import { AggregateKafkaError, KafkaError } from '@odradek/client'

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const

/** A failure whose message says what to do. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly exitCode: number

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.exitCode = options.exitCode ?? exitCodes.failed
  }
}

/** The command line itself is wrong. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'

  constructor(message: string) {
    super(message, { exitCode: exitCodes.usage })
  }
}

/** One line for a person: what went wrong and, where we know it, what to do. Never a stack trace. */
export function describeError(error: unknown): string {
  if (error instanceof CommandError) return oneLine(error.message)
  if (error instanceof AggregateKafkaError) return oneLine(aggregateText(error))
  if (error instanceof KafkaError) return oneLine(`${error.message}${hintFor(error)}`)
  if (error instanceof Error) return oneLine(nodeErrorText(error))
  return oneLine(String(error))
}

function hintFor({ code, message }: KafkaError): string {
  if (code !== 'UNKNOWN_TOPIC_OR_PARTITION') return ''
  if (!message.includes('no partition')) return '. List the topics with: odradek topic list'
  const topic = /topic '([^']+)'/i.exec(message)?.[1] ?? 'TOPIC'
  return `. See its partitions with: odradek topic describe ${topic}`
}

/** The first failure, and how many more there are. */
function aggregateText({ message, failures }: AggregateKafkaError): string {
  const [first] = failures
  if (first === undefined) return message
  const others = failures.length - 1
  return `${describeError(first.error)}${others === 0 ? '' : ` (and ${others} more ${others === 1 ? 'failure' : 'failures'})`}`
}

function nodeErrorText(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const path = 'path' in error && typeof error.path === 'string' ? error.path : ''
  switch (code) {
    case 'ENOENT':
      return `there is no file ${path}`
    case 'EACCES':
      return `no permission for ${path || error.message}`
    case 'ENOTDIR':
      return `${path || error.message} is no directory`
    default:
      return error.message
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ')
}
