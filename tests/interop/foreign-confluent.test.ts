// confluent-kafka for Python, on librdkafka, on our broker: idempotent producer, a group of two, commits.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { harnessDir } from './harness/paths.ts'
import { runPython } from './harness/python.ts'
import { startSubject } from './harness/subject.ts'

type Report = [error: string | null, partition: number, offset: number, value: string]
type Received = [partition: number, offset: number, key: string, value: string, header: string]

interface Outcome {
  reports: Report[]
  received: Received[]
  /** The partitions that each of the two members had in the end. */
  owners: number[][]
  committed: Record<string, number>
  rest: Received[]
  alone: number[][]
}

const subject = await startSubject()
after(() => subject.close())

for (const strategy of ['range', 'cooperative-sticky']) {
  test(`an idempotent producer and a group of two, ${strategy}`, async () => {
    const args = [subject.bootstrapServers, `confluent-${strategy}`, strategy]
    const { code, stdout, stderr } = await runPython(join(harnessDir, 'python', 'confluent.py'), args, { timeoutMs: 120_000 })
    assert.equal(code, 0, stderr)
    const outcome = JSON.parse(stdout) as Outcome

    assert.equal(outcome.reports.length, 6000)
    assert.deepEqual(
      outcome.reports.filter(([error]) => error !== null),
      [],
    )
    const acknowledged = new Map(outcome.reports.map(([, partition, offset, value]) => [`${partition}/${offset}`, value]))
    assert.equal(acknowledged.size, 6000)

    const received = new Map(outcome.received.map(([partition, offset, , value]) => [`${partition}/${offset}`, value]))
    assert.equal(received.size, 6000)
    for (const [position, value] of acknowledged) assert.equal(received.get(position), value, position)
    for (const [, , key, value, header] of outcome.received) {
      assert.equal(value, `value-${header}`)
      assert.equal(key, `key-${Number(header) % 50}`)
    }

    assert.ok(outcome.owners.every((owned) => owned.length > 0))
    assert.deepEqual(new Set(outcome.owners.flat()), new Set([0, 1, 2, 3, 4, 5]))
    const ends = new Map<number, number>()
    for (const [, partition, offset] of outcome.reports) ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1))
    for (const [partition, end] of ends) assert.equal(outcome.committed[partition], end, `committed of ${partition}`)
    assert.deepEqual(outcome.rest, [])
    assert.deepEqual(outcome.alone, [[0, 1, 2, 3, 4, 5]])
  })
}
