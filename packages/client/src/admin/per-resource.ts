/** Calls on several resources: each has an answer of its own, and those that can be tried again are. */

import type { Cluster } from '../cluster/cluster.ts'
import { retryUntil } from '../cluster/retry.ts'
import { AggregateKafkaError, KafkaError } from '../errors/kafka-error.ts'

/** What became of one resource. */
export type Outcome<T> = { readonly value: T } | { readonly error: KafkaError }

/**
 * Calls `attempt` with the resources that have no final answer yet until all have one. Rejects with the error when one resource was asked
 * for, with AggregateKafkaError otherwise, or with TimeoutError at `deadlineMs`.
 */
export async function forEachResource<R, T>(
  cluster: Cluster,
  deadlineMs: number,
  what: string,
  resources: readonly R[],
  nameOf: (resource: R) => string,
  attempt: (pending: readonly R[]) => Promise<ReadonlyMap<string, Outcome<T>>>,
): Promise<T[]> {
  const done = new Map<string, Outcome<T>>()
  let pending: readonly R[] = resources
  await retryUntil(cluster, deadlineMs, what, async () => {
    if (pending.length === 0) return
    let retriable: KafkaError | undefined
    for (const [name, outcome] of await attempt(pending)) {
      if ('error' in outcome && outcome.error.retriable) retriable = outcome.error
      else done.set(name, outcome)
    }
    pending = pending.filter((resource) => !done.has(nameOf(resource)))
    if (retriable !== undefined) throw retriable
  })
  return results(
    resources.map((resource) => nameOf(resource)),
    done,
  )
}

function results<T>(names: readonly string[], done: ReadonlyMap<string, Outcome<T>>): T[] {
  const failures: { resource: string; error: KafkaError }[] = []
  const values: T[] = []
  for (const name of names) {
    const outcome = done.get(name)
    if (outcome === undefined)
      failures.push({ resource: name, error: new KafkaError('PROTOCOL', `The broker's answer leaves out ${name}`) })
    else if ('error' in outcome) failures.push({ resource: name, error: outcome.error })
    else values.push(outcome.value)
  }
  const [first] = failures
  if (first === undefined) return values
  throw failures.length === 1 && names.length === 1 ? first.error : new AggregateKafkaError(failures)
}
