/** The runtimes that must behave alike, and what tests of both need to wait with. */

import { createNodeRuntime, type Runtime } from '../../src/index.ts'
import { createSimulation } from '../../src/sim/index.ts'

export interface Subject {
  readonly name: string
  readonly run: (test: (runtime: Runtime) => Promise<void>) => Promise<void>
}

export const subjects: readonly Subject[] = [
  {
    name: 'node',
    run: async (test) => {
      const runtime = createNodeRuntime()
      try {
        await test(runtime)
      } finally {
        await runtime.workers.close()
      }
    },
  },
  {
    name: 'sim',
    run: async (test) => {
      const simulation = createSimulation({ seed: 1 })
      await simulation.run(() => test(simulation.runtime('host')))
    },
  },
]

const POLL_MS = 5
const PATIENCE_MS = 5000

export function sleep(runtime: Runtime, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    runtime.clock.setTimer(delayMs, resolve)
  })
}

/** Resolves once the condition holds; rejects when it does not within five seconds of the runtime's time. */
export async function until(runtime: Runtime, what: string, isSo: () => boolean): Promise<void> {
  const startMs = runtime.clock.monotonicMs()
  while (!isSo()) {
    if (runtime.clock.monotonicMs() - startMs > PATIENCE_MS) throw new Error(`waited in vain: ${what}`)
    await sleep(runtime, POLL_MS)
  }
}

export async function withDirectory(runtime: Runtime, test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await runtime.files.makeTemporaryDirectory('odradek-contract-')
  try {
    await test(directory)
  } finally {
    await runtime.files.removeDirectory(directory)
  }
}

/** The code of the error that `promise` rejects with, or `resolved`. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'resolved'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
