/** Our broker as its users run it: a process started through the command line, killed and started again on the same data. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { rootDir, temporaryDirectory } from './paths.ts'
import { type StartedProcess, startProcess } from './process.ts'

export interface BrokerProcessOptions {
  /** Default: a temporary directory, removed by stop(). */
  dataDir?: string
  /** Default 0: a free one, kept over restarts. */
  port?: number
  /** More arguments of `odradek broker`, such as `['--set', 'num.partitions=6']`. */
  args?: readonly string[]
  env?: Record<string, string>
  /** Default: the Node that runs the tests. */
  nodePath?: string
}

export interface BrokerProcess extends AsyncDisposable {
  readonly bootstrapServers: string
  readonly host: string
  readonly port: number
  readonly pid: number
  readonly dataDir: string
  /** The process that runs now. */
  readonly process: StartedProcess
  /** From starting the last process to its `ready` line. */
  readonly startMs: number
  /** kill -9. */
  kill(): Promise<void>
  /** Starts it again with the same port and data; it must have ended. */
  restart(): Promise<void>
  /** As `restart`, and kill -9 after that time, ready or not. Says whether it was. */
  restartAndKill(afterMs: number): Promise<boolean>
  /** SIGTERM; returns the exit code. What was temporary is removed. */
  stop(): Promise<number | null>
}

export const odradekBin: string = join(rootDir, 'packages', 'cli', 'bin', 'odradek.js')

/** Starts the broker and resolves when it says that it is ready. */
export async function startBrokerProcess(options: BrokerProcessOptions = {}): Promise<BrokerProcess> {
  const temporary = options.dataDir === undefined ? await temporaryDirectory('broker') : undefined
  const dataDir = options.dataDir ?? join(temporary?.path ?? '', 'data')
  let { started, host, port, startMs } = await start(options, dataDir, options.port ?? 0)
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    const code = await started.kill(signal)
    await temporary?.[Symbol.asyncDispose]()
    return code
  }
  return {
    get bootstrapServers() {
      return `${host}:${port}`
    },
    get host() {
      return host
    },
    get port() {
      return port
    },
    get pid() {
      return started.pid
    },
    get process() {
      return started
    },
    get startMs() {
      return startMs
    },
    dataDir,
    kill: async () => {
      await started.kill('SIGKILL')
    },
    restart: async () => {
      ;({ started, host, port, startMs } = await start(options, dataDir, port))
    },
    restartAndKill: async (afterMs) => {
      const doomed = launch(options, dataDir, port)
      await sleep(afterMs)
      const wasReady = readyLine.test(doomed.stdout())
      await doomed.kill()
      return wasReady
    },
    stop: () => stop('SIGTERM'),
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL')
    },
  }
}

interface Started {
  started: StartedProcess
  host: string
  port: number
  startMs: number
}

const readyLine = /ready.*?([\w.[\]:-]+?):(\d+)/

function launch(options: BrokerProcessOptions, dataDir: string, port: number): StartedProcess {
  const args = [odradekBin, 'broker', '--port', String(port), '--data-dir', dataDir, '--no-page', ...(options.args ?? [])]
  return startProcess(options.nodePath ?? process.execPath, args, options.env === undefined ? {} : { env: options.env })
}

async function start(options: BrokerProcessOptions, dataDir: string, port: number): Promise<Started> {
  const from = performance.now()
  const started = launch(options, dataDir, port)
  try {
    const [, host = '', boundPort = ''] = await started.waitForLine(readyLine, 20_000)
    return { started, host, port: Number(boundPort), startMs: performance.now() - from }
  } catch (error) {
    await started.kill()
    throw error
  }
}
