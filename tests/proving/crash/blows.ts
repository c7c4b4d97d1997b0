/** kill -9 of a broker under a sequenced run, and its return. */

import type { BrokerProcess } from '../../interop/harness/broker-process.ts'
import type { KafkaServer } from '../../interop/harness/kafka-server.ts'
import { KafkaToolRunner } from '../../interop/harness/kafka-tools.ts'
import type { Blow } from '../workload/sequenced-run.ts'

/** Of ours. */
export function killsOf(broker: BrokerProcess, times: number): Blow[] {
  const strike = async (): Promise<void> => {
    await broker.kill()
    await broker.restart()
  }
  return Array.from({ length: times }, () => ({ name: 'broker killed', strike }))
}

/** Of nodes of Apache Kafka, in turn. */
export function killsOfKafka(server: KafkaServer, times: number): Blow[] {
  const nodes = server.processes.length
  return Array.from({ length: times }, (_, turn) => ({
    name: 'broker killed',
    strike: async () => {
      await server.stopNode(turn % nodes, 'SIGKILL')
      await server.startNode(turn % nodes)
    },
  }))
}

/** Moves leadership back to where it was before nodes of Apache Kafka were killed. */
export function leadersGivenBack(server: KafkaServer): Blow {
  return {
    name: 'leaders moved',
    strike: async () => {
      await using tools = new KafkaToolRunner()
      const at = ['--bootstrap-server', server.bootstrapServers]
      await tools.mustRun('kafka-leader-election', [...at, '--election-type', 'preferred', '--all-topic-partitions'])
    },
  }
}
