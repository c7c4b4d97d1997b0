/** The listener settings: `listeners`, `advertised.listeners`, `listener.security.protocol.map`. */

import type { SecurityProtocol } from '../node.ts'

export interface ListenerAddress {
  readonly name: string
  /** Empty means every interface. */
  readonly host: string
  readonly port: number
}

const protocols: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const wildcards: readonly string[] = ['', '0.0.0.0', '::']

export function isWildcard(host: string): boolean {
  return wildcards.includes(host)
}

/** Reads NAME://host:port, IPv6 addresses in brackets. Undefined when it is none. */
export function parseListener(text: string): ListenerAddress | undefined {
  const match = /^([A-Za-z0-9_-]+):\/\/(?:\[([0-9a-fA-F:.%]*)\]|([^:/\s[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[4])
  const name = match?.[1]
  if (match === null || name === undefined || port > 65535) return undefined
  return { name: name.toUpperCase(), host: match[2] ?? match[3] ?? '', port }
}

export function parseListeners(texts: readonly string[]): ListenerAddress[] {
  return texts.map(parseListener).filter((address) => address !== undefined)
}

export function listenersProblem(texts: readonly string[], kind: 'bound' | 'advertised'): string | undefined {
  const names = new Set<string>()
  const ports = new Set<string>()
  if (texts.length === 0) return 'At least one listener is needed'
  for (const text of texts) {
    const address = parseListener(text)
    if (address === undefined) return `${text} is not NAME://host:port`
    if (names.has(address.name)) return `Listener name ${address.name} is used twice`
    names.add(address.name)
    if (kind === 'advertised') {
      if (isWildcard(address.host)) return `${text}: the address ${address.host || 'of every interface'} cannot be advertised`
      continue
    }
    if (address.port !== 0 && ports.has(`${address.host}:${address.port}`)) return `Port ${address.port} is used twice`
    ports.add(`${address.host}:${address.port}`)
  }
  return undefined
}

export function protocolMapProblem(entries: readonly string[]): string | undefined {
  for (const entry of entries) {
    const [name, protocol] = entry.split(':')
    if (!name || protocol === undefined || !protocols.includes(protocol.toUpperCase())) {
      return `${entry} is not NAME:PROTOCOL with one of ${protocols.join(', ')}`
    }
  }
  return undefined
}

/** The protocol of a listener; undefined when the map does not have its name. */
export function securityProtocolOf(listener: string, map: readonly string[]): SecurityProtocol | undefined {
  const entry = map.find((candidate) => candidate.split(':')[0]?.toUpperCase() === listener)
  switch (entry?.split(':')[1]?.toUpperCase()) {
    case 'PLAINTEXT':
      return 'PLAINTEXT'
    case 'SSL':
      return 'SSL'
    case 'SASL_PLAINTEXT':
      return 'SASL_PLAINTEXT'
    case 'SASL_SSL':
      return 'SASL_SSL'
    default:
      return undefined
  }
}
