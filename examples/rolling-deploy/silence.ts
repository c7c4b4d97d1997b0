/** What a deploy cost: how long partitions were not read, and how long nothing was. */

import type { Deploy } from './deploy.ts'

export interface Silence {
  /** The longest time between two records of one partition. */
  readonly longestOfOneMs: number
  /** The sum of the times, each at least `atLeastMs`, in which no partition was read. */
  readonly ofAllMs: number
}

export function silence({ handled, fromMs, toMs }: Deploy, partitions: number, atLeastMs: number): Silence {
  const times = (wanted: (partition: number) => boolean): number[] => {
    const inside = handled.filter(({ atMs, partition }) => atMs > fromMs && atMs < toMs && wanted(partition)).map(({ atMs }) => atMs)
    const all = [fromMs, ...inside.sort((a, b) => a - b), toMs]
    return all.slice(1).map((atMs, index) => atMs - (all[index] ?? 0))
  }
  const each = Array.from({ length: partitions }, (_, index) => Math.max(...times((partition) => partition === index)))
  const ofAll = times(() => true).filter((gapMs) => gapMs >= atLeastMs)
  return { longestOfOneMs: Math.max(...each), ofAllMs: ofAll.reduce((sum, gapMs) => sum + gapMs, 0) }
}
