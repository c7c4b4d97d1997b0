/** kafka-dump-log over whole partitions, and what it must not say. */

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runKafkaTool } from './kafka-tools.ts'

const isApacheKafka = process.env['ODRADEK_INTEROP_SUBJECT'] === 'kafka'

// The tool says so of every segment but the first, with −1 for the record before.
const nonConsecutive = /Non-consecutive offsets in .*\n(?!\s+-1 is followed by)/
const complaints: readonly RegExp[] = [
  /isvalid: false/,
  /invalid bytes/,
  /Mismatches in/,
  // Apache Kafka preallocates the time index of the active segment, and its tool trips over the zeros.
  isApacheKafka ? /mismatch.*\n(?!\s+Index timestamp: 0,)/i : /mismatch/i,
  /out of order/i,
  nonConsecutive,
  /Exception|ERROR/,
]

export interface LogDump {
  files: string[]
  /** Records over all batches of the `.log` files. */
  records: number
  output: string
}

/** Reads every record, offset index and time index of a partition with Kafka's own tool; fails at its first complaint. */
export async function dumpPartition(
  partitionDir: string,
  args: readonly string[] = ['--deep-iteration'],
  { isCompacted = false }: { isCompacted?: boolean } = {},
): Promise<LogDump> {
  const names = (await readdir(partitionDir)).filter((name) => /\.(log|index|timeindex)$/.test(name)).sort()
  assert.ok(
    names.some((name) => name.endsWith('.log')),
    `${partitionDir} has no segment`,
  )
  const files = names.map((name) => join(partitionDir, name))
  const { code, stdout, stderr } = await runKafkaTool('kafka-dump-log', [...args, '--files', files.join(',')], {
    timeoutMs: 180_000,
  })
  assert.equal(code, 0, stderr)
  for (const complaint of complaints) {
    // What compaction is for.
    if (isCompacted && complaint === nonConsecutive) continue
    const found = complaint.exec(stdout) ?? complaint.exec(stderr)
    const around = found === null ? '' : found.input.slice(Math.max(0, found.index - 300), found.index + 300)
    assert.equal(found, null, `kafka-dump-log complains about ${partitionDir}: …${around}…`)
  }
  const counts = [...stdout.matchAll(/^baseOffset: .*? count: (\d+) /gm)].map((match) => Number(match[1]))
  return { files: names, records: counts.reduce((sum, count) => sum + count, 0), output: stdout }
}
