/** An admin client against a fake cluster, in time that moves by itself while a call is waited for. */

import { type Admin, Kafka } from '../../src/index.ts'
import { FakeCluster } from '../support/fake-cluster.ts'

export interface TestAdmin extends AsyncDisposable {
  readonly cluster: FakeCluster
  readonly client: Admin
  /** Moves time until the call has ended. */
  settled<T>(call: Promise<T>): Promise<T>
  /** As `settled`: the error that the call ends with. */
  failed(call: Promise<unknown>): Promise<unknown>
}

/** Far beyond `default.api.timeout.ms`. */
const MAX_STEPS = 1000
const STEP_MS = 100

export function startAdmin(nodes: number[] = [1]): TestAdmin {
  const cluster = new FakeCluster(nodes)
  const { bootstrapServers, runtime } = cluster
  const kafka = new Kafka({ bootstrapServers, runtime })
  const settled = async <T>(call: Promise<T>): Promise<T> => {
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    call.then(over, over)
    for (let step = 0; step < MAX_STEPS; step++) {
      await cluster.clock.advance(0)
      if (isOver) return call
      await cluster.clock.advance(STEP_MS)
    }
    throw new Error('the call does not end')
  }
  return {
    cluster,
    client: kafka.admin(),
    settled,
    failed: (call) =>
      settled(call).then(
        () => {
          throw new Error('the call succeeded')
        },
        (error: unknown) => error,
      ),
    [Symbol.asyncDispose]: () => kafka.close(),
  }
}
