/** One client under load during a crash run: killed and started again under new names, its journals kept. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StartedProcess } from '../../interop/harness/process.ts'
import type { ProducerLife } from '../workload/history-of.ts'
import { monotonicMs, parseJournal } from '../workload/journal.ts'
import { type ClientKind, readTotals, resilientConfig, startSequenced } from './client-kind.ts'

const LOAD_TIMEOUT_MS = 45_000

export interface LoadOptions {
  readonly kind: ClientKind
  readonly bootstrap: string
  readonly topic: string
  readonly partitions: number
  readonly window: number
  readonly perSecond: number
  /** Where journals go. */
  readonly directory: string
}

export class LoadClient implements AsyncDisposable {
  readonly kind: ClientKind
  readonly topic: string
  readonly #options: LoadOptions
  readonly #names: string[] = []
  /** Of all but the last. */
  readonly #killTimesMs: number[] = []
  #process: StartedProcess | undefined

  constructor(options: LoadOptions) {
    this.#options = options
    this.kind = options.kind
    this.topic = options.topic
  }

  async start(): Promise<void> {
    const { kind, bootstrap, topic, partitions, window, perSecond } = this.#options
    const client = `${kind}-${this.#names.length + 1}`
    this.#names.push(client)
    const options = { bootstrap, topic, client, partitions, count: 0, window, perSecond, config: resilientConfig[kind] }
    this.#process = await startSequenced(kind, options, this.#journalPath(client))
  }

  /** Resolves once so many records more have been acknowledged than now. */
  async awaitLoad(acknowledgements: number): Promise<void> {
    const client = this.#running()
    const before = readTotals(client).acknowledged
    const untilMs = performance.now() + LOAD_TIMEOUT_MS
    while (readTotals(client).acknowledged < before + acknowledgements) {
      const said = JSON.stringify(readTotals(client))
      const isRunning = client.child.exitCode === null && client.child.signalCode === null
      assert.ok(isRunning, `${this.kind} has given up: ${said}\n${client.stderr().slice(-2000)}`)
      assert.ok(performance.now() < untilMs, `${this.kind} gets nothing acknowledged any more: ${said}\n${client.stderr().slice(-2000)}`)
      await sleep(10)
    }
  }

  /** kill -9, and another one in its place. */
  async crash(): Promise<void> {
    await this.#running().kill()
    this.#killTimesMs.push(monotonicMs())
    await this.start()
  }

  /** Sends no more; resolves when all is settled. Fails when anything was not acknowledged. */
  async finish(): Promise<void> {
    const client = this.#running()
    client.child.stdin?.end()
    assert.equal(await client.exited, 0, client.stderr())
    assert.deepEqual([readTotals(client).isDone, readTotals(client).failed], [true, 0], client.stdout().slice(-300))
  }

  /** One a process, in their order. */
  async lives(): Promise<ProducerLife[]> {
    const lives = this.#names.map(async (client, index) => {
      const entries = parseJournal(await readFile(this.#journalPath(client), 'utf8'))
      const killedAtMs = this.#killTimesMs[index]
      return { client, entries, ...(killedAtMs === undefined ? {} : { killedAtMs }) }
    })
    return await Promise.all(lives)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.kill()
  }

  #running(): StartedProcess {
    if (this.#process === undefined) throw new Error(`${this.kind} was not started`)
    return this.#process
  }

  #journalPath(client: string): string {
    return join(this.#options.directory, `${client}.journal`)
  }
}
