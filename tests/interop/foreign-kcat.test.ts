// kcat, and with it librdkafka, on our broker: metadata, produce, consume, offsets by time, groups, every codec.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runKcat, startKcat } from './harness/kcat.ts'
import { startSubject } from './harness/subject.ts'

const subject = await startSubject({ 'num.partitions': '3', 'auto.create.topics.enable': 'true' })
after(() => subject.close())

async function kcat(args: readonly string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await runKcat(['-b', subject.bootstrapServers, ...args], { stdin })
  assert.equal(code, 0, stderr)
  return stdout
}

function lines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}

interface Metadata {
  brokers: { id: number; name: string }[]
  topics: { topic: string; partitions: { partition: number; leader: number }[] }[]
}

test('lists the cluster, creating the topic that it produces to', async () => {
  await kcat(['-P', '-t', 'created'], 'one\n')
  const metadata = JSON.parse(await kcat(['-L', '-J'])) as Metadata
  assert.deepEqual(
    metadata.brokers.map((broker) => broker.name),
    [subject.bootstrapServers],
  )
  const created = metadata.topics.find((topic) => topic.topic === 'created')
  assert.deepEqual(
    created?.partitions.map((partition) => partition.partition),
    [0, 1, 2],
  )
  assert.ok(created.partitions.every((partition) => partition.leader === metadata.brokers[0]?.id))
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`produces and consumes keyed records with headers, ${codec}`, async () => {
    const topic = `records-${codec}`
    const sent = Array.from({ length: 2000 }, (_, n) => `key-${n % 11}|${n} ${'some text that repeats '.repeat(5)}`)
    await kcat(['-P', '-t', topic, '-K', '|', '-H', 'origin=kcat', '-H', 'origin=twice', '-z', codec], `${sent.join('\n')}\n`)
    const received = lines(await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k|%s|%h\n']))
    const expected = sent.map((line) => `${line}|origin=kcat,origin=twice`)
    assert.deepEqual([...received].sort(), [...expected].sort())
    for (let key = 0; key < 11; key++) {
      const ofKey = (line: string): boolean => line.startsWith(`key-${key}|`)
      assert.deepEqual(received.filter(ofKey), expected.filter(ofKey), `order of key-${key}`)
    }
  })
}

test('keeps null keys, null values and empty values apart', async () => {
  await kcat(['-P', '-t', 'nulls', '-p', '0', '-K', '|', '-Z'], 'k|v\n|no key\ntombstone|\n')
  const received = lines(await kcat(['-C', '-t', 'nulls', '-p', '0', '-o', 'beginning', '-e', '-q', '-f', '%K %k %S %s\n']))
  assert.deepEqual(received, ['1 k 1 v', '-1  6 no key', '9 tombstone -1 '])
})

test('reads from an offset, from the end, and from a time', async () => {
  await kcat(['-P', '-t', 'positions', '-p', '0'], 'a\nb\n')
  const between = Date.now()
  // Time stamps are in milliseconds: what follows must be later.
  while (Date.now() <= between) await sleep(1)
  await kcat(['-P', '-t', 'positions', '-p', '0'], 'c\nd\n')
  const read = async (offset: string): Promise<string[]> =>
    lines(await kcat(['-C', '-t', 'positions', '-p', '0', '-o', offset, '-e', '-q']))
  assert.deepEqual(await read('1'), ['b', 'c', 'd'])
  assert.deepEqual(await read('-1'), ['d'])
  assert.deepEqual(await read(`s@${between + 1}`), ['c', 'd'])
  assert.match(await kcat(['-Q', '-t', `positions:0:${between + 1}`]), /positions \[0\] offset 2/)
  assert.match(await kcat(['-Q', '-t', 'positions:0:-1']), /positions \[0\] offset 4/)
})

test('two members share a topic, and one that leaves hands its partitions over', async () => {
  await kcat(['-P', '-t', 'shared'], `${Array.from({ length: 300 }, (_, n) => String(n)).join('\n')}\n`)
  const group = ['-b', subject.bootstrapServers, '-X', 'auto.offset.reset=earliest', '-u', '-f', '%s\n', '-G', 'sharing', 'shared']
  const one = startKcat(group)
  const two = startKcat(group)
  try {
    // With the end of the line: what has come so far may be half of it.
    const assigned = /assigned: (?:shared \[\d\](?:, )?){1,2}\n/
    const both = await Promise.all([one.waitForLine(assigned, 30_000), two.waitForLine(assigned, 30_000)])
    const partitions = both.flatMap(([text]) => [...text.matchAll(/\[(\d)\]/g)].map((match) => match[1] ?? ''))
    assert.deepEqual(partitions.sort(), ['0', '1', '2'])
    await two.kill('SIGTERM')
    await one.waitForLine(/assigned: shared \[0\], shared \[1\], shared \[2\]$/m, 30_000)
    const received = (): number => new Set(`${one.stdout()}${two.stdout()}`.trim().split('\n')).size
    const until = performance.now() + 20_000
    while (received() < 300 && performance.now() < until) await sleep(20)
    assert.equal(received(), 300)
  } finally {
    await one.kill()
    await two.kill()
  }
})
