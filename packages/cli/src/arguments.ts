/** Parsers of single arguments, for commander. */

import { InvalidArgumentError } from 'commander'

export function positiveInteger(text: string): number {
  const value = nonNegativeInteger(text)
  if (value === 0) throw new InvalidArgumentError('it must be at least 1.')
  return value
}

export function nonNegativeInteger(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('it must be a whole number.')
  return value
}

/** A parser of whole numbers not below `least`. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`it must be a whole number, at least ${least}.`)
    return value
  }
}

export function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.')
  return port
}
