/** A consumer group of ours behind the fault proxy, judged by its history. */

import assert from 'node:assert/strict'
import { runWithFaults } from '../proxy/faulty-run.ts'
import { assertClean } from './assert-clean.ts'
import { cutsEverywhere, impatientClient, nervousConsumer } from './fault-plans.ts'
import { type GroupRun, runGroup } from './group-run.ts'

export interface FaultyGroupOptions {
  readonly bootstrapServers: string
  /** It must be there, and empty. */
  readonly topic: string
  readonly partitions: number
  /** `partition.assignment.strategy` */
  readonly strategy: string
  /** Of each of two producers. */
  readonly records: number
  readonly seed: number
}

/** Throws AssertionError when a rule of the checker is broken, a fault never fired, or a record failed. */
export async function assertGroupIsServed(options: FaultyGroupOptions, print: (line: string) => void): Promise<GroupRun> {
  const { bootstrapServers, topic, partitions, strategy, records, seed } = options
  const run = await runWithFaults({ bootstrapServers, rules: cutsEverywhere, seed, print }, (proxy) =>
    runGroup({
      bootstrap: proxy.bootstrapServers,
      auditBootstrap: bootstrapServers,
      topic,
      partitions,
      records,
      perSecond: 1000,
      producerConfig: impatientClient,
      consumerConfig: { ...nervousConsumer, 'partition.assignment.strategy': strategy },
    }),
  )
  const counts = assertClean(`group of ${topic} seed ${seed}`, run.events)
  print(`${counts.sent} sent, ${counts.read} read; ${run.members} members, ${run.commits} commits, ${run.refusedCommits} refused`)
  assert.deepEqual(run.errors, [])
  assert.equal(counts.acknowledged, 2 * records)
  return run
}
