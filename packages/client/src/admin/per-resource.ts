/** Calls on several resources: each has an answer of its own, and those that can be tried again are. */

import type { Cluster } from '../cluster/cluster.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import { retryUntil } from '../cluster/retry.ts'
import { AggregateKafkaError, KafkaError } from '../errors/kafka-error.ts'

/** What all areas of administration share. */
export interface AdminCalls {
  readonly cluster: Cluster
  readonly timeoutMs: number
}

/** Of calls on groups and transactional ids. */
export interface CoordinatorCalls extends AdminCalls {
  readonly coordinators: Coordinators
}

/** Of a call that begins now. */
export function deadlineOf({ cluster, timeoutMs }: AdminCalls): number {
  return cluster.nowMs() + timeoutMs
}

/** What became of one resource. */
export type Outcome<T> = { readonly value: T } | { readonly error: KafkaError }

/**
 * Calls `attempt` with the resources that have no final answer yet until all have one. Rejects with the error when one resource was asked
 * for, with AggregateKafkaError otherwise, or with TimeoutError at the deadline.
 */
export async function forEachResource<R, T>(
  calls: AdminCalls,
  what: string,
  resources: readonly R[],
  nameOf: (resource: R) => string,
  attempt: (pending: readonly R[]) => Promise<ReadonlyMap<string, Outcome<T>>>,
): Promise<T[]> {
  const done = new Map<string, Outcome<T>>()
  let pending: readonly R[] = resources
  await retryUntil(calls.cluster, deadlineOf(calls), what, async () => {
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

/** As `forEachResource`, for ids that are asked about one by one: `ask` throws what became of its id when that is an error. */
export function forEachId<T>(calls: AdminCalls, what: string, ids: readonly string[], ask: (id: string) => Promise<T>): Promise<T[]> {
  const attempt = async (id: string): Promise<[string, Outcome<T>]> => {
    try {
      return [id, { value: await ask(id) }]
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return [id, { error }]
    }
  }
  const nameOf = (id: string): string => id
  return forEachResource(calls, what, ids, nameOf, async (pending) => new Map(await Promise.all(pending.map(attempt))))
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
