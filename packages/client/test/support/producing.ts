/** A producer on a fake cluster whose topic `t` keeps what it is sent. */

import { produce } from '@odradek/protocol'
import type { Workers } from '@odradek/runtime'
import type { Producer, ProducerOptions } from '../../src/index.ts'
import { Kafka, string } from '../../src/index.ts'
import { FakeCluster } from './fake-cluster.ts'
import type { ReceivedBatch, Verdict } from './sequenced-log.ts'
import { SequencedLog } from './sequenced-log.ts'

export interface Producing {
  readonly cluster: FakeCluster
  readonly log: SequencedLog
  readonly producer: Producer<string, string>
  readonly warnings: string[]
}

export interface ProducingOptions extends ProducerOptions<string, string> {
  /** Of the partitions; default one partition on node 1. */
  readonly leaders?: number[]
  readonly refuse?: (batch: ReceivedBatch) => Verdict | undefined
  /** Default the real ones. */
  readonly workers?: Workers
}

export function startProducing({ leaders = [1], refuse, workers, ...options }: ProducingOptions = {}): Producing {
  const cluster = new FakeCluster([...new Set(leaders)])
  cluster.topics.set('t', leaders)
  const log = new SequencedLog(cluster.runtime.codecs, refuse)
  cluster.on(produce, (request) => log.answer(request))
  const warnings: string[] = []
  const logger = { warn: (message: string): void => void warnings.push(message) }
  const runtime = { ...cluster.runtime, workers: workers ?? cluster.runtime.workers }
  const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, runtime, logger })
  return { cluster, log, warnings, producer: kafka.producer({ key: string, value: string, ...options }) }
}
