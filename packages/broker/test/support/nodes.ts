/** A broker of several nodes for one test, a client for each of them, and writes that wait for the test's word. */

import { metadata, type MetadataResponsePartition } from '@odradek/protocol'
import type { FileHandle, Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'
import type { Broker, StartBrokerOptions, VirtualNode } from '../../src/index.ts'
import { startBroker } from '../../src/index.ts'
import { one } from './requests.ts'
import { WireClient } from './wire-client.ts'

export interface TestNodes {
  readonly broker: Broker
  /** A client of the node with this id, connected when first asked for. */
  readonly clientOf: (nodeId: number) => Promise<WireClient>
  readonly node: (nodeId: number) => VirtualNode
}

/** Runs `body` against three fresh nodes, 1 to 3, unless `options` say otherwise; all are gone afterwards, however it ends. */
export async function withNodes(options: StartBrokerOptions, body: (test: TestNodes) => Promise<void>): Promise<void> {
  const broker = await startBroker({ nodes: 3, ...options })
  const clients = new Map<number, WireClient>()
  const node = (nodeId: number): VirtualNode => {
    const found = broker.nodes.find((candidate) => candidate.nodeId === nodeId)
    if (found === undefined) throw new Error(`there is no node ${nodeId}`)
    return found
  }
  const clientOf = async (nodeId: number): Promise<WireClient> => {
    const known = clients.get(nodeId)
    if (known !== undefined && !known.isClosed) return known
    const client = await WireClient.connect(node(nodeId).port)
    clients.set(nodeId, client)
    return client
  }
  try {
    await body({ broker, clientOf, node })
  } finally {
    for (const client of clients.values()) await client.close()
    await broker.close()
  }
}

/** As `withNodes`, with a gate in front of the disk; it is open at first, and at the end. */
export async function withGatedNodes(
  options: StartBrokerOptions,
  body: (test: TestNodes & { readonly gate: WriteGate }) => Promise<void>,
): Promise<void> {
  const { runtime, gate } = gatedRuntime()
  await withNodes({ ...options, runtime }, async (test) => {
    try {
      await body({ ...test, gate })
    } finally {
      gate.open()
    }
  })
}

/** The partitions of a topic as a node describes them. */
export async function partitionsOf(client: WireClient, topic: string): Promise<MetadataResponsePartition[]> {
  const { topics } = await client.request(metadata, 12, { topics: [{ name: topic }], allowAutoTopicCreation: false })
  return one(topics).partitions.toSorted((left, right) => left.partitionIndex - right.partitionIndex)
}

export interface WriteGate {
  /** Holds back every write to files whose path contains `part`, until `open`. */
  close(part: string): void
  open(): void
}

function gatedRuntime(): { runtime: Runtime; gate: WriteGate } {
  const real = createNodeRuntime()
  let closedFor: string | undefined
  let waiting: (() => void)[] = []
  const passed = async (path: string): Promise<void> => {
    if (closedFor !== undefined && path.includes(closedFor)) await new Promise<void>((resolve) => void waiting.push(resolve))
  }
  const gated = (path: string, handle: FileHandle): FileHandle => ({
    read: (target, targetOffset, length, position) => handle.read(target, targetOffset, length, position),
    write: (chunks, position) => passed(path).then(() => handle.write(chunks, position)),
    sync: () => handle.sync(),
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    sizeBytes: () => handle.sizeBytes(),
    close: () => handle.close(),
  })
  const { files } = real
  const open = files.open.bind(files)
  files.open = async (path, mode) => gated(path, await open(path, mode))
  return {
    runtime: real,
    gate: {
      close: (part) => {
        closedFor = part
      },
      open: () => {
        closedFor = undefined
        const released = waiting
        waiting = []
        for (const release of released) release()
      },
    },
  }
}
