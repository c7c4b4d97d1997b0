/** The broker under test: ours, or Apache Kafka, on which the tests themselves are checked (ODRADEK_INTEROP_SUBJECT=kafka). */

import { startBrokerProcess } from './broker-process.ts'
import { startKafka } from './kafka-server.ts'

export interface Subject {
  bootstrapServers: string
  /** Has a directory for each partition, in Kafka's format. */
  logDir: string
  /** Stops it and removes its data. */
  close(): Promise<unknown>
}

export async function startSubject(configs: Record<string, string> = {}): Promise<Subject> {
  if (process.env['ODRADEK_INTEROP_SUBJECT'] === 'kafka') {
    const kafka = await startKafka({ configs })
    return { bootstrapServers: kafka.bootstrapServers, logDir: kafka.logDir, close: () => kafka.stop() }
  }
  // As in the harness' Apache Kafka: nobody needs to wait for members that do not come.
  const args = Object.entries({ 'group.initial.rebalance.delay.ms': '0', ...configs }).flatMap(([name, value]) => [
    '--set',
    `${name}=${value}`,
  ])
  const broker = await startBrokerProcess({ args })
  return { bootstrapServers: broker.bootstrapServers, logDir: broker.dataDir, close: () => broker.stop() }
}
