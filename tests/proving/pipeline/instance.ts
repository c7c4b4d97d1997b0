/** One instance of a pipeline: a process that is killed and started again under the same transactional id. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { HistoryEvent } from '@odradek/history'
import { rootDir } from '../../interop/harness/paths.ts'
import { startKafkaTool } from '../../interop/harness/kafka-tools.ts'
import { type StartedProcess, startProcess } from '../../interop/harness/process.ts'
import type { CopierTask } from './copier-main.ts'
import { readHistory } from './history-files.ts'

export abstract class Instance implements AsyncDisposable {
  readonly transactionalId: string
  /** How often it had ended by itself and was started again. */
  restarts = 0
  #process: StartedProcess | undefined

  constructor(transactionalId: string) {
    this.transactionalId = transactionalId
  }

  /** The one that runs now, or ran last. */
  get process(): StartedProcess {
    assert.ok(this.#process !== undefined, `${this.transactionalId} was not started`)
    return this.#process
  }

  get isRunning(): boolean {
    return this.process.child.exitCode === null && this.process.child.signalCode === null
  }

  async start(): Promise<void> {
    this.#process = await this.launch()
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.process.kill()
  }

  /** Throws when it has ended by itself with an error that nobody has to reckon with. */
  async lookAfter(): Promise<void> {
    const { child } = this.process
    if (child.signalCode !== null || child.exitCode === null || child.exitCode === 0) return
    const said = `${this.process.stdout().slice(-1000)}\n${this.process.stderr().slice(-3000)}`
    if (!this.isToBeExpected(said)) assert.fail(`${this.transactionalId} ended with ${child.exitCode}: ${said}`)
    this.restarts += 1
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.kill()
  }

  /** Once there is nothing left to be done: resolves when it has ended, throws when it does not as it should. */
  abstract finish(): Promise<void>
  /** Whether an instance that says this does well to end. */
  protected abstract isToBeExpected(said: string): boolean
  protected abstract launch(): Promise<StartedProcess>
}

/** What all instances of ours have in common. */
export type PipelineTask = Omit<CopierTask, 'client' | 'process' | 'transactionalId' | 'historyPath'>

/** Our consumer and producer. */
export class OdradekInstance extends Instance {
  readonly #task: PipelineTask
  readonly #directory: string
  readonly #name: string
  readonly #lives: string[] = []

  /** `name` names it in the history; another than the id where several share one. */
  constructor(transactionalId: string, task: PipelineTask, directory: string, name: string = transactionalId) {
    super(transactionalId)
    this.#task = task
    this.#directory = directory
    this.#name = name
  }

  /** Names the process in the history. */
  get life(): string {
    return this.#lives.at(-1) ?? ''
  }

  protected launch(): Promise<StartedProcess> {
    const life = `${this.#name}.${this.#lives.length + 1}`
    this.#lives.push(life)
    const { transactionalId } = this
    const task: CopierTask = { ...this.#task, transactionalId, client: life, process: life, historyPath: this.#pathOf(life) }
    const program = join(rootDir, 'tests', 'dist', 'proving', 'pipeline', 'copier-main.js')
    return Promise.resolve(startProcess(process.execPath, [program, JSON.stringify(task)]))
  }

  /** Ours goes on with another producer. */
  protected isToBeExpected(): boolean {
    return false
  }

  async finish(): Promise<void> {
    this.process.child.stdin?.end()
    assert.equal(await this.process.exited, 0, this.process.stderr().slice(-3000))
  }

  /** How often a producer of its was of no use any more, in the life that runs now. */
  get lost(): string[] {
    return [...this.process.stdout().matchAll(/^lost (\w+)/gm)].map(([, code = '']) => code)
  }

  /** Of each life, in order. */
  async histories(): Promise<HistoryEvent[][]> {
    return await Promise.all(this.#lives.map((life) => readHistory(this.#pathOf(life))))
  }

  #pathOf(life: string): string {
    return join(this.#directory, `${life}.ndjson`)
  }
}

/** Kafka's TransactionalMessageCopier. It ends by itself when there is nothing left in what it reads. */
export class JavaInstance extends Instance {
  readonly #args: readonly string[]

  constructor(transactionalId: string, args: readonly string[]) {
    super(transactionalId)
    this.#args = [...args, '--transactional-id', transactionalId]
  }

  protected async launch(): Promise<StartedProcess> {
    return await startKafkaTool('transactional-message-copier', this.#args)
  }

  /** Its transaction has timed out while the broker was away, say. */
  protected isToBeExpected(said: string): boolean {
    return /InvalidTxnStateException|ProducerFencedException|InvalidProducerEpochException/.test(said)
  }

  async finish(): Promise<void> {
    assert.equal(await this.process.exited, 0, this.process.stderr().slice(-3000))
  }
}
