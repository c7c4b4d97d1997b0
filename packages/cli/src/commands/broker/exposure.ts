/** The refusal to listen where other machines can connect while nothing asks who they are. */

import { UsageError } from '../../errors.ts'

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/i

/**
 * `listeners` is Kafka's configuration (NAME://HOST:PORT, …), which replaces `host` when it is there. Throws `UsageError` naming the first
 * address that others reach.
 */
export function refuseExposure(host: string, listeners: string | undefined): void {
  const hosts = listeners === undefined ? [host] : listeners.split(',').map(hostOf)
  const open = hosts.find((candidate) => !loopback.test(candidate))
  if (open === undefined) return
  throw new UsageError(
    `${open === '' ? 'every interface' : open} is reachable from other machines and nothing asks who connects; listen on 127.0.0.1, or say --allow-unauthenticated if that is what you want`,
  )
}

function hostOf(listener: string): string {
  const address = listener.trim().replace(/^\w+:\/\//, '')
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
