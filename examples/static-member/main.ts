/**
 * Can a consumer restart without a rebalance? With a name of its own (group.instance.id), yes: it does not leave when it closes, and back within
 * session.timeout.ms it has its partitions as before. Until then nobody reads them.
 * npm run example -- static-member
 */

import { openCluster } from '../lib/cluster.ts'
import { Member, settled, textSerdes } from '../lib/member.ts'

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 6)

for (const isStatic of [false, true]) {
  const groupId = cluster.named(isStatic ? 'static' : 'dynamic')
  const start = (name: string): Member => {
    const groupInstanceId = isStatic ? name : undefined
    return new Member(name, cluster.kafka.consumer({ ...textSerdes, groupId, groupInstanceId, heartbeatIntervalMs: 50 }), topic)
  }
  const stays = start('stays')
  let restarts = start('restarts')
  await settled([stays, restarts], 6)

  // Each rebalance begins a generation.
  const before = { generation: stays.consumer.groupMetadata().generationId, partitions: restarts.partitions() }
  await restarts.stop()
  if (!isStatic) await settled([stays], 6)
  restarts = start('restarts')
  await settled([stays, restarts], 6)

  const rebalances = stays.consumer.groupMetadata().generationId - before.generation
  console.log(
    `${isStatic ? 'with' : 'without'} group.instance.id: ${rebalances} rebalances; before it owned ${before.partitions.join(' ')}, now ${restarts.partitions().join(' ')}`,
  )
  await Promise.all([stays.stop(), restarts.stop()])
}
