// kill -9 under a living group: every acknowledged commit is there afterwards, and the members go on without a rebalance.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ErrorCodes, heartbeat, offsetCommit, offsetFetch } from '@odradek/protocol'
import { type Connection, Lab } from '../golden/groups/lab.ts'
import { assignment, Member, prepare } from '../golden/groups/requests.ts'
import { startBrokerProcess } from './harness/broker-process.ts'

const kills = 5
const groups = Array.from({ length: 8 }, (_, index) => `group ${index}`)
const broker = await startBrokerProcess()
after(() => broker.stop())

function commitRequest(groupId: string, committedOffset: number): Parameters<typeof offsetCommit.encodeRequest>[1] {
  const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }]
  return { groupId, memberId: '', topics: [{ name: 'orders', partitions }] }
}

/** Commits ever higher offsets until the connection breaks; resolves to the highest one acknowledged. */
async function commitUntilCut(connection: Connection, groupId: string, from: number): Promise<number> {
  let acknowledged = from
  for (;;) {
    const response = await connection.request(offsetCommit, 9, commitRequest(groupId, acknowledged + 1)).catch(() => undefined)
    if (response?.topics[0]?.partitions[0]?.errorCode !== ErrorCodes.NONE) return acknowledged
    acknowledged++
  }
}

async function committed(connection: Connection, groupId: string): Promise<number> {
  const asked = [{ groupId, topics: [{ name: 'orders', partitionIndexes: [0] }] }]
  const response = await connection.request(offsetFetch, 9, { groups: asked })
  return response.groups[0]?.topics[0]?.partitions[0]?.committedOffset ?? Number.NaN
}

test(`after each of ${kills} kills every acknowledged commit is there, and the member goes on`, { timeout: 120_000 }, async () => {
  let lab = new Lab(broker.bootstrapServers)
  let connection = await lab.connect()
  await prepare(lab, connection)
  const member = await Member.connect(lab, 'worker', 'living')
  await member.join()
  await member.join()
  await member.sync('living', { [member.memberId]: assignment })
  const { memberId, generationId } = member
  const acknowledged = new Map(groups.map((groupId) => [groupId, -1]))

  for (let kill = 0; kill < kills; kill++) {
    const committing = groups.map(async (groupId) => {
      const own = await lab.connect()
      acknowledged.set(groupId, await commitUntilCut(own, groupId, acknowledged.get(groupId) ?? -1))
    })
    await sleep(300)
    await broker.kill()
    await Promise.all(committing)
    await lab[Symbol.asyncDispose]()
    await broker.restart()

    lab = new Lab(broker.bootstrapServers)
    connection = await lab.connect()
    await prepare(lab, connection)
    for (const [groupId, offset] of acknowledged) {
      const found = await committed(connection, groupId)
      // The commit that was under way when the broker died may have been written without its answer getting out.
      assert.ok(found === offset || found === offset + 1, `${groupId}: ${found} is committed, ${offset} was acknowledged`)
      acknowledged.set(groupId, found)
    }
    const beat = await connection.request(heartbeat, 4, { groupId: 'living', memberId, generationId })
    assert.equal(beat.errorCode, ErrorCodes.NONE)
  }
  const total = [...acknowledged.values()].reduce((sum, offset) => sum + offset, 0)
  assert.ok(total > 100, `only ${total} commits were acknowledged`)
  await lab[Symbol.asyncDispose]()
})
