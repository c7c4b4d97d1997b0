// Finds and kills what a test run left behind: every process that inherited the run's mark in its environment (Linux).
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const markName = 'ODRADEK_TEST_RUN'
const markValue = randomUUID()

export function runMark() {
  return { [markName]: markValue }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function marked() {
  const needle = `${markName}=${markValue}`
  const pids = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []
  return pids.filter((pid) => Number(pid) !== process.pid && read(`/proc/${pid}/environ`).split('\0').includes(needle))
}

// Gives them a moment to end by themselves; returns the command lines of those that had to be killed.
export async function killMarked() {
  for (let waited = 0; waited < 20 && marked().length > 0; waited++) await sleep(50)
  return marked().map((pid) => {
    const command = read(`/proc/${pid}/cmdline`).split('\0').join(' ').slice(0, 200)
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended in between.
    }
    return command
  })
}
