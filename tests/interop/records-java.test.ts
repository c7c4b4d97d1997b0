/** Record batches that we wrote, read by Apache Kafka 4.3.1's own classes (the reverse is tests/golden/records). */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { BuildOptions } from '@odradek/protocol'
import { buildEndTransactionMarkerBatch, RecordBatchBuilder, readBatchHeader } from '@odradek/protocol'
import type { PlainRecord } from '../golden/records/batches.ts'
import { crc32c, fill, manyRecords, readRecords, runtime, variedRecords } from '../golden/records/batches.ts'
import { runJava } from './harness/java-program.ts'
import { harnessDir } from './harness/paths.ts'

const noise: readonly PlainRecord[] = [{ timestampMs: 1, key: null, value: randomBytes(300_000), headers: [] }]
const batches = new Map<string, Buffer>()
let directory = ''

function build(records: readonly PlainRecord[], options: Partial<BuildOptions> = {}): Buffer {
  return fill(new RecordBatchBuilder(), records).build({ crc32c, ...options })
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'odradek-records-'))
  batches.set('none', build(variedRecords, { baseOffset: 2 ** 40, partitionLeaderEpoch: 3 }))
  batches.set(
    'wrapping',
    build(variedRecords, { producerId: 2 ** 53 - 1, producerEpoch: 32_767, baseSequence: 2 ** 31 - 2, isTransactional: true }),
  )
  for (const [type, levels] of [
    ['gzip', [1, 9, -1]],
    ['snappy', [0]],
    ['lz4', [9]],
    ['zstd', [-131_072, 3, 22]],
  ] as const) {
    const codec = await runtime.codecs.load(type)
    for (const level of levels) {
      const compression = { type, compress: (data: Uint8Array) => codec.compress(data, level) }
      batches.set(`${type}-${level}-varied`, build(variedRecords, { compression }))
      batches.set(`${type}-${level}-many`, build(manyRecords, { compression }))
      batches.set(`${type}-${level}-noise`, build(noise, { compression }))
    }
  }
  for (const type of ['COMMIT', 'ABORT'] as const) {
    const marker = { type, coordinatorEpoch: 4 }
    batches.set(type, buildEndTransactionMarkerBatch({ marker, timestampMs: 9, producerId: 5, producerEpoch: 6, baseOffset: 7, crc32c }))
  }
})

after(() => rm(directory, { recursive: true, force: true }))

function text(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : `'${Buffer.from(bytes).toString('base64')}`
}

/** What ReadRecords.java should print of a batch. */
async function expected(name: string, batch: Buffer): Promise<string[]> {
  const h = readBatchHeader(batch, 0)
  const lastSequence = h.baseSequence < 0 ? -1 : (h.baseSequence + h.lastOffsetDelta) % 2 ** 31
  const sender = [h.producerId, h.producerEpoch, h.baseSequence, lastSequence, h.isTransactional, h.isControl, h.partitionLeaderEpoch]
  const lines = [`file ${name}`, ['batch', h.baseOffset, h.lastOffset, h.compression, h.maxTimestamp, ...sender].join(' ')]
  for (const [index, { timestampMs, key, value, headers }] of (await readRecords(batch)).entries()) {
    const pairs = headers.map((header) => `${text(Buffer.from(header.key))}=${text(header.value)}`)
    lines.push(['record', h.baseOffset + index, timestampMs, text(key), text(value), ...pairs].join(' '))
  }
  return lines
}

test('Kafka reads every batch as we do: all codecs and levels, nulls, headers, markers, wrapping sequences', async () => {
  for (const [name, batch] of batches) await writeFile(join(directory, name), batch)
  const source = join(harnessDir, 'java', 'ReadRecords.java')
  const result = await runJava(
    source,
    [...batches.keys()].map((name) => join(directory, name)),
  )
  assert.equal(result.code, 0, result.stderr)
  const printed = result.stdout.split('\n').filter((line) => line !== '')
  const wanted: string[] = []
  for (const [name, batch] of batches) wanted.push(...(await expected(name, batch)))
  assert.equal(printed.length, wanted.length)
  for (const [index, line] of wanted.entries()) assert.equal(printed[index], line)
})
