/** `bootstrap.servers`: where to meet the cluster for the first time. */

import { ConfigError } from '../errors/kafka-error.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Throws ConfigError when the list is empty or an element is not host:port. IPv6 addresses are in brackets. */
export function parseBootstrapServers(servers: readonly string[]): readonly HostPort[] {
  if (servers.length === 0) throw new ConfigError("bootstrap.servers is missing: name at least one broker as 'host:port'")
  return servers.map((server) => {
    const match = /^(?:\w+:\/\/)?(?:\[([^\]]+)\]|([^:\s/]+)):(\d{1,5})$/.exec(server)
    const port = Number(match?.[3])
    const host = match?.[1] ?? match?.[2]
    if (host === undefined || !(port > 0 && port < 65_536)) throw new ConfigError(`'${server}' in bootstrap.servers is not 'host:port'`)
    return { host, port }
  })
}
