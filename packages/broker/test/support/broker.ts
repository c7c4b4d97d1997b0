/** A broker for one test, and a client to talk to it. */

import type { Logger, StartBrokerOptions } from '../../src/index.ts'
import { type Broker, startBroker } from '../../src/index.ts'
import { WireClient } from './wire-client.ts'

export interface TestBroker {
  readonly broker: Broker
  readonly client: WireClient
  /** Lines that the broker has logged at level info and above. */
  readonly lines: readonly string[]
  readonly connect: () => Promise<WireClient>
}

/** Runs `body` against a fresh broker; both are gone afterwards, however it ends. */
export async function withBroker(options: StartBrokerOptions, body: (test: TestBroker) => Promise<void>): Promise<void> {
  const lines: string[] = []
  const log = (message: string): void => {
    lines.push(message)
  }
  const logger: Logger = { debug: () => undefined, info: log, warn: log, error: log }
  const broker = await startBroker({ logger, ...options })
  const clients: WireClient[] = []
  const connect = async (): Promise<WireClient> => {
    const client = await WireClient.connect(broker.port)
    clients.push(client)
    return client
  }
  try {
    await body({ broker, client: await connect(), lines, connect })
  } finally {
    for (const client of clients) await client.close()
    await broker.close()
  }
}
