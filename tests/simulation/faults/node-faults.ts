/** What moves between the nodes of a broker that has several, and nodes that come and go while the process lives. */

import type { Broker, VirtualNode } from '@odradek/broker'
import type { RandomStream } from '@odradek/runtime/sim'
import type { Stage } from '../stage/stage.ts'
import type { Fault } from './fault.ts'

const MAX_DOWN_MS = 3000

function pickRunning({ nodes }: Broker, random: RandomStream): VirtualNode | undefined {
  const running = nodes.filter(({ isRunning }) => isRunning)
  return running[random.int(running.length)]
}

/** A node that has just stopped cannot take what it was to get: that is no stroke. */
async function isDone({ broker }: Stage, move: Promise<void>): Promise<boolean> {
  let hasMoved = false
  await broker.orDeath(
    move.then(
      () => {
        hasMoved = true
      },
      () => undefined,
    ),
  )
  return hasMoved
}

export const moveLeader: Fault = {
  name: 'leader moved',
  kinds: [],
  async strike(stage, random) {
    const { broker } = stage.broker
    const topics = Object.entries(stage.scenario.topics)
    const [topic = '', spec] = topics[random.int(topics.length)] ?? []
    const node = broker && pickRunning(broker, random)
    if (broker === undefined || node === undefined) return false
    return isDone(stage, broker.moveLeader(topic, random.int(spec?.partitions ?? 1), node.nodeId))
  },
}

export const moveCoordinator: Fault = {
  name: 'coordinator moved',
  kinds: [],
  async strike(stage, random) {
    const { broker } = stage.broker
    const groups = stage.scenario.groups ?? []
    const group = groups[random.int(groups.length)]
    const node = broker && pickRunning(broker, random)
    if (broker === undefined || node === undefined || group === undefined) return false
    return isDone(stage, broker.moveCoordinator(group.group, node.nodeId))
  },
}

/** Its connections drop, and what it led goes elsewhere, or nowhere when it was the last; a little later it is back. */
export const stopNode: Fault = {
  name: 'node stopped',
  kinds: [],
  async strike({ simulation, broker: host }, random) {
    const node = host.broker && pickRunning(host.broker, random)
    if (node === undefined) return false
    await host.orDeath(
      node
        .stop()
        .then(() => simulation.sleep(random.int(MAX_DOWN_MS)))
        .then(() => node.start())
        // The broker was restarted meanwhile: another one's nodes run.
        .catch(() => undefined),
    )
    return true
  },
}

export const nodeFaults: readonly Fault[] = [moveLeader, moveLeader, moveCoordinator, stopNode]
