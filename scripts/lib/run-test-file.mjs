// Runs one compiled test file in a process of its own until its first failure.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { runMark } from './leftovers.mjs'
import { rootDir } from './workspace.mjs'

const reporter = join(rootDir, 'scripts', 'lib', 'first-failure-reporter.mjs')
const running = new Set()

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

export function killRunningTests() {
  for (const child of running) killGroup(child)
}

function failureIn(output) {
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '')
  } catch {
    return undefined
  }
}

/** Resolves to the test that failed and why, undefined when none did. A file that takes longer than `timeoutMs` has failed, and `isLate`. */
export function runTestFile(file, { cwd, tempDir, timeoutMs }) {
  const env = { ...process.env, ...runMark(), TMPDIR: tempDir }
  // Its presence makes node believe that it is a test file of an outer run.
  delete env['NODE_TEST_CONTEXT']
  const args = [`--test-reporter=${reporter}`, '--test-reporter-destination=stdout', file]
  // A group of its own, so that what it has started goes with it.
  const child = spawn(process.execPath, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  running.add(child)
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    killGroup(child)
  }, timeoutMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => {
      clearTimeout(timer)
      killGroup(child)
    })
    child.on('close', (code) => {
      running.delete(child)
      if (isLate) resolve({ name: `not done within ${Math.round(timeoutMs / 1000)} s`, reason: '', isLate })
      else if (code === 0) resolve(undefined)
      else resolve(failureIn(output) ?? { name: `the process ended with ${code}`, reason: '' })
    })
  })
}
