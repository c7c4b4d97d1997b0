/**
 * How do groups share the work, and how does everybody get everything? Within a group each partition has one owner: load balancing. Each group
 * reads all of the topic, with offsets of its own: fan-out.
 * npm run example -- groups
 */

import { openCluster } from '../lib/cluster.ts'
import { Member, settled, textSerdes, until } from '../lib/member.ts'

const groups = { 'order-processing': ['A', 'B', 'C'], analytics: ['X', 'Y'] }

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 6)
const producer = cluster.kafka.producer(textSerdes)
await producer.sendBatch(Array.from({ length: 60 }, (_, index) => ({ topic, partition: index % 6, value: `order ${index}` })))

for (const [name, memberNames] of Object.entries(groups)) {
  const groupId = cluster.named(name)
  const handled = new Map<string, Set<string>>()
  const start = (memberName: string): Member => {
    const mine = new Set<string>()
    handled.set(memberName, mine)
    const consumer = cluster.kafka.consumer({ ...textSerdes, groupId, enableAutoCommit: false, autoOffsetReset: 'earliest' })
    return new Member(memberName, consumer, topic, (records) => {
      for (const { value } of records) mine.add(value ?? '')
    })
  }
  const members = memberNames.map(start)
  await settled(members, 6)
  const all = (): Set<string> => new Set([...handled.values()].flatMap((mine) => [...mine]))
  await until(() => all().size === 60)
  console.log(`${name}: read ${all().size} of 60 orders`)
  for (const member of members)
    console.log(
      `  consumer ${member.name} → ${member
        .partitions()
        .map((partition) => `P${partition}`)
        .join(' ')}`,
    )
  await Promise.all(members.map((member) => member.stop()))
}
