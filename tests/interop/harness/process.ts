/** Child processes: run one to its end, or start one and wait for a line. None outlives the process that started it. */

import { type ChildProcess, spawn } from 'node:child_process'

export interface ProcessOptions {
  stdin?: string | Uint8Array
  /** Default 120,000. The process is killed and the promise rejects when it is exceeded. */
  timeoutMs?: number
  cwd?: string
  /** Added to the environment of this process. */
  env?: Record<string, string>
}

export interface ProcessResult {
  code: number | null
  stdout: string
  stderr: string
}

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves with the exit code, or null after a signal. */
  readonly exited: Promise<number | null>
  /** The first line of stdout or stderr that matches, now or later; rejects when the process ends or the time is up. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>
  /** Sends the signal (default SIGKILL) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<number | null>
}

const live = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL')
})

export function startProcess(command: string, args: readonly string[], options: ProcessOptions = {}): StartedProcess {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  })
  live.add(child)
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A program that does not read its input to the end is its own business.
  child.stdin.on('error', () => undefined)
  if (options.stdin !== undefined) child.stdin.end(options.stdin)
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => {
      live.delete(child)
      reject(new Error(`cannot run ${command}: ${error.message}`, { cause: error }))
    })
    child.on('close', (code) => {
      live.delete(child)
      resolve(code)
    })
  })
  // Whoever awaits it sees the error; nobody has to.
  exited.catch(() => undefined)
  const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8')
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> => {
    child.kill(signal)
    return await exited
  }
  return {
    pid: child.pid ?? -1,
    child,
    stdout: () => text(stdout),
    stderr: () => text(stderr),
    exited,
    waitForLine: (pattern, timeoutMs) => waitForLine(child, () => `${text(stdout)}\n${text(stderr)}`, exited, pattern, timeoutMs),
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill()
    },
  }
}

function waitForLine(
  child: ChildProcess,
  output: () => string,
  exited: Promise<number | null>,
  pattern: RegExp,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): boolean => {
      const found = pattern.exec(output())
      if (found === null) return false
      finish()
      resolve(found)
      return true
    }
    const fail = (why: string): void => {
      if (look()) return
      finish()
      reject(new Error(`${why} before a line matched ${String(pattern)}; it wrote:\n${ending(output())}`))
    }
    const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs)
    const finish = (): void => {
      clearTimeout(timer)
      child.stdout?.off('data', look)
      child.stderr?.off('data', look)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    exited.then(
      (code) => fail(`the process ended with ${code}`),
      (error: unknown) => fail(String(error)),
    )
    look()
  })
}

/** Runs a program to its end and returns what it wrote; any exit code is a result, a timeout is an error. */
export async function runProcess(command: string, args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  const timeoutMs = options.timeoutMs ?? 120_000
  const started = startProcess(command, args, { ...options, stdin: options.stdin ?? '' })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    started.child.kill('SIGKILL')
  }, timeoutMs)
  try {
    const code = await started.exited
    const result = { code, stdout: started.stdout(), stderr: started.stderr() }
    if (isLate)
      throw new Error(
        `${command} ${args.join(' ')} took over ${timeoutMs} ms; it wrote:\n${ending(result.stdout)}\n${ending(result.stderr)}`,
      )
    return result
  } finally {
    clearTimeout(timer)
  }
}

/** As runProcess, and any exit code but 0 is an error that shows what the program wrote. */
export async function mustRun(command: string, args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  const result = await runProcess(command, args, options)
  if (result.code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${result.code}; it wrote:\n${ending(result.stdout)}\n${ending(result.stderr)}`)
  return result
}

/** The end of what a program wrote: what an error message has room for. */
function ending(text: string): string {
  return text.length <= 4000 ? text : `…${text.slice(-4000)}`
}
