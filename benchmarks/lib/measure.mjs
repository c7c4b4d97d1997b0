// One run of one load generator: what it reports, its CPU time and peak memory, and those of the broker meanwhile.
import { readFileSync, writeFileSync } from 'node:fs'
import { mustRun } from '../../tests/dist/interop/harness/process.js'
import { pythonPackages } from '../../tests/dist/interop/harness/python.js'
import { loadPath } from './peers.mjs'

const ticksPerSecond = 100

function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function memoryMb(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
}

// `load`: { command, args, perSecond(stdout) → records a second }. `broker`: { pid, … }.
export async function measure(load, broker, records) {
  // Writing 5 makes the kernel count the peak from here.
  writeFileSync(`/proc/${broker.pid}/clear_refs`, '5')
  const cpuBefore = cpuSeconds(broker.pid)
  const env = { PYTHONPATH: await pythonPackages() }
  const { stdout, stderr } = await mustRun('python3', [loadPath('measure.py'), load.command, ...load.args], { env, timeoutMs: 600_000 })
  const usage = JSON.parse(stderr.trim().split('\n').at(-1))
  const perMillion = 1_000_000 / records
  return {
    recordsPerSecond: Math.round(load.perSecond(stdout)),
    clientCpuPerMillion: usage.cpuSeconds * perMillion,
    clientPeakMb: usage.peakMb,
    brokerCpuPerMillion: (cpuSeconds(broker.pid) - cpuBefore) * perMillion,
    brokerPeakMb: memoryMb(broker.pid, 'VmHWM'),
  }
}
