// One run of one program: what it reports, its processor time and peak memory, those of the broker meanwhile, and how busy others kept the machine.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { runProcess, startProcess } from '../../tests/dist/interop/harness/process.js'
import { loadPath } from './paths.mjs'

const ticksPerSecond = 100

function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

// All processors, all processes: user, nice, system, irq, softirq.
function machineCpuSeconds() {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number)
  return (user + nice + system + irq + softirq) / ticksPerSecond
}

function peakMb(pid) {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

// Throws with what the program wrote when it fails. `records`: how many it sends or receives.
export async function measure({ command, env = {} }, broker, records) {
  // Writing 5 makes the kernel count the peak from here.
  writeFileSync(`/proc/${broker.pid}/clear_refs`, '5')
  const start = performance.now()
  const brokerBefore = cpuSeconds(broker.pid)
  const machineBefore = machineCpuSeconds()
  const result = await runProcess('python3', [loadPath('measure.py'), ...command], { env, timeoutMs: 900_000 })
  if (result.code !== 0) throw new Error(`${command.join(' ')} ended with ${result.code}: ${result.stderr.slice(-2000)}`)
  const usage = JSON.parse(result.stderr.trim().split('\n').at(-1))
  const brokerCpu = cpuSeconds(broker.pid) - brokerBefore
  const seconds = (performance.now() - start) / 1000
  const others = Math.max(0, machineCpuSeconds() - machineBefore - brokerCpu - usage.cpuSeconds)
  const perMillion = 1_000_000 / records
  return {
    ...JSON.parse(result.stdout.trim().split('\n').at(-1)),
    clientCpuPerMillion: usage.cpuSeconds * perMillion,
    clientPeakMb: usage.peakMb,
    brokerCpuPerMillion: brokerCpu * perMillion,
    brokerPeakMb: peakMb(broker.pid),
    othersPercent: (others / seconds / cpus().length) * 100,
  }
}

// From starting the program to the line, as the clock of this process sees it.
export async function timeToLine({ command, env = {} }, line) {
  const start = performance.now()
  const started = startProcess(command[0], command.slice(1), { env })
  await started.waitForLine(line, 60_000)
  const elapsedMs = performance.now() - start
  const code = await started.exited
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${started.stderr()}`)
  return elapsedMs
}
