/**
 * What does a rolling deploy cost? Eager: with every restart all members let go of everything. Cooperative: only what moves stops. Static: nothing moves,
 * and the partitions of the member that is away wait for it. Drawn as it happened, a line a partition, a letter for who read it.
 * npm run example -- rolling-deploy [members]
 */

import { openCluster } from '../lib/cluster.ts'
import { type Deploy, deploy } from './deploy.ts'
import { standstillMs } from './standstill.ts'

const columnMs = 100
const members = Number(process.argv[2] ?? 3)
const partitions = 2 * members
// Busy: a poll brings up to 0.4 s of work, and eager members wait for the last of them to be done with it.
const shared = { members, partitions, recordsPerSecond: 15, workMs: 40, heartbeatIntervalMs: 500, awayMs: 1000, calmMs: 500 }
const ways = {
  'eager (range)': { ...shared, strategy: 'range', isStatic: false },
  'cooperative (cooperative-sticky)': { ...shared, strategy: 'cooperative-sticky', isStatic: false },
  'static members (group.instance.id)': { ...shared, strategy: 'range', isStatic: true },
} as const

function draw({ handled, restarts, toMs }: Deploy): string {
  const column = (atMs: number): number => Math.floor(atMs / columnMs)
  const columns = column(toMs) + 1
  const lines = Array.from({ length: partitions }, () => Array.from({ length: columns }, () => '·'))
  for (const { atMs, partition, member } of handled) lines[partition]?.fill('ABCDEFGHIJ'[member] ?? '?', column(atMs), column(atMs) + 1)
  const away = Array.from({ length: columns }, () => ' ')
  for (const { member, fromMs, toMs: backMs } of restarts) {
    away.fill('-', column(fromMs), column(backMs) + 1)
    away[column(fromMs)] = 'ABCDEFGHIJ'[member] ?? '?'
  }
  return [...lines.map((line, partition) => `P${partition}  ${line.join('')}`), `    ${away.join('')} ${(toMs / 1000).toFixed(1)} s`].join(
    '\n',
  )
}

await using cluster = await openCluster()
console.log('A letter: that member reads. A dot: nobody does. Below: who restarts, until the group has settled.\n')
const deploys = Object.entries(ways).map(async ([name, options]) => ({
  name,
  run: await deploy(cluster, name.replaceAll(/[^a-z]+/g, '-'), options),
}))
for (const { name, run } of await Promise.all(deploys)) {
  console.log(`${name}\n${draw(run)}`)
  const stoodStill = `${(standstillMs(run, 200) / 1000).toFixed(1)} s`
  console.log(`    members that were not being restarted let go of ${run.letGo} partitions, and stood still for ${stoodStill}\n`)
}
