/** DescribeLogDirs (key 35): the size of partitions on the disk. */

import type { DescribeLogDirsRequest, DescribeLogDirsResponseInput } from '@odradek/protocol'
import { describeLogDirs, ErrorCodes } from '@odradek/protocol'
import type { Topic } from '../metadata/topic.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { openPartition } from './partition-lookup.ts'

type TopicResponse = DescribeLogDirsResponseInput['results'][number]['topics'][number]

const unknownBytes = -1

export const describeLogDirsHandler: ApiHandler = handler({
  api: describeLogDirs,
  versions: [1, 5],
  notServed: ['The size of the volume: −1, which stands for unknown.'],
  authorize: [{ operation: 'Describe', resource: 'Cluster' }],
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, results: [] }),
  handle,
})

async function handle(request: DescribeLogDirsRequest, context: RequestContext): Promise<DescribeLogDirsResponseInput> {
  const { cluster } = context
  const topics: TopicResponse[] = []
  for (const [topic, partitions] of wantedPartitions(request, context)) topics.push(await describe(topic, partitions, context))
  const usableBytes = await cluster.runtime.files.freeBytes(cluster.dataDir)
  const result = { errorCode: ErrorCodes.NONE, logDir: cluster.dataDir, topics, totalBytes: unknownBytes, usableBytes, isCordoned: false }
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, results: [result] }
}

/** Those that this node has a replica of. */
function wantedPartitions({ topics }: DescribeLogDirsRequest, { cluster, node }: RequestContext): [Topic, number[]][] {
  const isHere = (topic: Topic, partition: number): boolean => topic.partitions[partition]?.replicas.includes(node.nodeId) === true
  if (topics === null) {
    return [...cluster.topics.all()].map((topic) => [topic, [...topic.partitions.keys()].filter((partition) => isHere(topic, partition))])
  }
  return topics.flatMap(({ topic: name, partitions }): [Topic, number[]][] => {
    const topic = cluster.topics.get(name)
    return topic === undefined ? [] : [[topic, partitions.filter((partition) => isHere(topic, partition))]]
  })
}

async function describe(topic: Topic, partitions: readonly number[], context: RequestContext): Promise<TopicResponse> {
  const described: TopicResponse['partitions'][number][] = []
  for (const partitionIndex of partitions) {
    const opened = await openPartition(topic, partitionIndex, context)
    if (opened.found !== undefined)
      described.push({ partitionIndex, partitionSize: opened.found.sizeBytes, offsetLag: 0, isFutureKey: false })
  }
  return { name: topic.name, partitions: described }
}
