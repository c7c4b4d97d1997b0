/**
 * Do more consumers make it faster? Up to one a partition; beyond that they are idle, and say so. More partitions give them work; a key's
 * records may then land in another partition than before.
 * npm run example -- idle-consumers
 */

import { openCluster } from '../lib/cluster.ts'
import { Member, settled, textSerdes, until } from '../lib/member.ts'

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 6)
const groupId = cluster.named('billing')
const warnings: string[] = []
const members = Array.from({ length: 8 }, (_, index) => {
  const consumer = cluster.kafka.consumer({
    ...textSerdes,
    groupId,
    heartbeatIntervalMs: 100,
    // How soon new partitions are noticed: 5 minutes unless told otherwise.
    metadataMaxAgeMs: 200,
    logger: { warn: (message) => void warnings.push(message) },
  })
  return new Member(`consumer ${index + 1}`, consumer, topic)
})

function show(partitionCount: number): void {
  console.log(`${members.length} consumers, ${partitionCount} partitions:`)
  for (const member of members) {
    const partitions = member.partitions().map((partition) => `P${partition}`)
    console.log(`  ${member.name} → ${partitions.length === 0 ? 'idle' : partitions.join(' ')}`)
  }
}

await settled(members, 6)
await until(() => warnings.length >= 2)
show(6)
console.log(`the client warns: ${warnings[0]}\n`)

await cluster.kafka.admin().createPartitions([{ topic, count: 12 }])
await settled(members, 12)
show(12)
await Promise.all(members.map((member) => member.stop()))
