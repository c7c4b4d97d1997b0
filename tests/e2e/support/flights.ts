/** 20,000 real flights, keyed by origin airport, as lines for `odradek produce --ndjson`. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDir } from '../../interop/harness/paths.ts'

export interface Flight {
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

export function readFlights(): Flight[] {
  const text = readFileSync(join(rootDir, 'node_modules', 'vega-datasets', 'data', 'flights-20k.json'), 'utf8')
  return JSON.parse(text) as Flight[]
}

export function flightLines(flights: readonly Flight[]): string {
  return flights.map((flight) => `${JSON.stringify({ key: flight.origin, value: JSON.stringify(flight) })}\n`).join('')
}

/** The values of each key in order. */
export function valuesByKey(records: Iterable<{ readonly key: string; readonly value: string }>): Map<string, string[]> {
  const byKey = new Map<string, string[]>()
  for (const { key, value } of records) {
    const values = byKey.get(key)
    if (values === undefined) byKey.set(key, [value])
    else values.push(value)
  }
  return byKey
}

export function flightsByOrigin(flights: readonly Flight[]): Map<string, string[]> {
  return valuesByKey(flights.map((flight) => ({ key: flight.origin, value: JSON.stringify(flight) })))
}
