/** What a deploy cost those that were not restarted. */

import type { Deploy } from './deploy.ts'

/** Milliseconds, summed over all members, in which one handled nothing for at least `atLeastMs`, the time of its own restart left out. */
export function standstillMs({ handled, restarts, fromMs, toMs }: Deploy, atLeastMs: number): number {
  return restarts.reduce((sum, restart) => {
    const times = handled.filter(({ atMs, member }) => member === restart.member && atMs > fromMs && atMs < toMs).map(({ atMs }) => atMs)
    const until = [...times, restart.fromMs, restart.toMs, toMs].sort((a, b) => a - b)
    const gaps = until.map((atMs, index) => ({ sinceMs: until[index - 1] ?? fromMs, atMs }))
    const own = ({ sinceMs, atMs }: { sinceMs: number; atMs: number }): boolean => sinceMs >= restart.fromMs && atMs <= restart.toMs
    return sum + gaps.filter((gap) => gap.atMs - gap.sinceMs >= atLeastMs && !own(gap)).reduce((ms, gap) => ms + gap.atMs - gap.sinceMs, 0)
  }, 0)
}
