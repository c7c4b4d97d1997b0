/** A run behind the proxy: its faults are always printed, and one that never fired fails it. */

import { type FaultProxy, type FaultProxyOptions, startFaultProxy } from './fault-proxy.ts'

/** Runs `body` behind a proxy, then prints how often each fault fired, and fails when one never did. The proxy is closed in any case. */
export async function runWithFaults<Result>(
  options: FaultProxyOptions & { readonly print: (line: string) => void },
  body: (proxy: FaultProxy) => Promise<Result>,
): Promise<Result> {
  await using proxy = await startFaultProxy(options)
  try {
    const result = await body(proxy)
    proxy.assertEveryFaultFired()
    return result
  } finally {
    options.print(proxy.report())
  }
}
