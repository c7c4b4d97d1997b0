/** The monitor of one cluster: today its web page. */

import { Kafka } from '@odradek/client'
import { readOverview } from './dashboard/overview.ts'
import { startDashboard } from './dashboard/server.ts'

export interface MonitorOptions {
  readonly bootstrapServers: string
  /** Client configuration under Kafka's names, for clusters that ask for more than an address. */
  readonly properties?: Readonly<Record<string, string>>
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 9080; 0 picks a free port. */
  readonly port?: number
}

export interface Monitor {
  readonly url: string
  close(): Promise<void>
}

/** Rejects with Node's error (`code` EADDRINUSE, EACCES …) when the page cannot be served there. */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const kafka = new Kafka({
    clientId: 'odradek-monitor',
    properties: { ...options.properties, 'bootstrap.servers': options.bootstrapServers },
  })
  const admin = kafka.admin()
  try {
    const dashboard = await startDashboard({
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 9080,
      overview: () => readOverview(admin),
    })
    return {
      url: dashboard.url,
      close: async () => {
        await dashboard.close()
        await kafka.close()
      },
    }
  } catch (error) {
    await kafka.close()
    throw error
  }
}
