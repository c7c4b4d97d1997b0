/** What commands print for programs, by the command line as it is installed: each form, and the same data in each. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type BrokerProcess, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { mustOdradek } from './support/command-line.ts'

let broker: BrokerProcess

before(async () => {
  broker = await startBrokerProcess()
  const { bootstrapServers } = broker
  await mustOdradek(['topic', 'create', 'orders', '-p', '1'], { bootstrapServers })
  await mustOdradek(['produce', 'orders', '--key-separator', ':'], { bootstrapServers, stdin: 'o-1:seven\n' })
  await mustOdradek(['consume', 'orders', '-g', 'billing', '--from', 'earliest', '-e'], { bootstrapServers })
})

after(async () => {
  await broker[Symbol.asyncDispose]()
})

async function printed(args: readonly string[], format: string): Promise<string> {
  return (await mustOdradek([...args, '-o', format], { bootstrapServers: broker.bootstrapServers })).stdout
}

for (const [args, key, value] of [
  [['topic', 'list'], 'topic', 'orders'],
  [['topic', 'describe', 'orders'], 'topic', 'orders'],
  [['group', 'list'], 'groupId', 'billing'],
  [['group', 'describe', 'billing'], 'group', 'billing'],
  [['group', 'describe', 'billing', '--state'], 'group', 'billing'],
  [['consume', 'orders', '--from', 'earliest', '-e'], 'topic', 'orders'],
] as const) {
  test(`${args.join(' ')}, in each form`, async () => {
    const rows: unknown = JSON.parse(await printed(args, 'json'))
    assert.ok(Array.isArray(rows) && rows.length === 1)
    const row: unknown = rows[0]
    assert.ok(typeof row === 'object' && row !== null && key in row && Reflect.get(row, key) === value)
    assert.deepEqual(JSON.parse(await printed(args, 'ndjson')), row)
    assert.match(await printed(args, 'yaml'), new RegExp(`^- ${key}: ${value}$`, 'm'))
  })
}
