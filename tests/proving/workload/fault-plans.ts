/** Sets of faults for idempotent producers. */

import type { FaultRule } from '../proxy/fault-rule.ts'

const apis = ['Produce']

/** Connections end at every point of a request, and frames come late. */
export const cutsAndDelays: readonly FaultRule[] = [
  { name: 'request lost', fault: { kind: 'cut', at: 'before-request' }, apis, probability: 0.05 },
  { name: 'request torn', fault: { kind: 'cut', at: 'mid-request' }, apis, probability: 0.05 },
  { name: 'response lost', fault: { kind: 'cut', at: 'before-response' }, apis, probability: 0.05 },
  { name: 'response torn', fault: { kind: 'cut', at: 'mid-response' }, apis, probability: 0.05 },
  { name: 'delayed', fault: { kind: 'delay', direction: 'both', minMs: 1, maxMs: 40 }, apis, probability: 0.1 },
]

/** Peers that are there and of no use; a client notices by its request timeout alone. */
export const lostPeers: readonly FaultRule[] = [
  { name: 'request swallowed', fault: { kind: 'half-open', direction: 'request' }, apis, skip: 5, everyNth: 20, maxTimes: 1 },
  { name: 'response swallowed', fault: { kind: 'half-open', direction: 'response' }, apis, skip: 12, everyNth: 20, maxTimes: 1 },
  { name: 'stalled', fault: { kind: 'stall', forMs: 200 }, apis, skip: 20, everyNth: 20, maxTimes: 2 },
  {
    name: 'trickling',
    fault: { kind: 'throttle', direction: 'both', bytesPerSecond: 200_000, forMs: 500 },
    apis,
    everyNth: 30,
    maxTimes: 1,
  },
  { name: 'answer lost', fault: { kind: 'cut', at: 'before-response' }, apis, skip: 30, everyNth: 20, maxTimes: 3 },
  { name: 'refused', fault: { kind: 'refuse' }, skip: 2, everyNth: 2, maxTimes: 2 },
]

/** Configuration with which a client gets over the above within seconds. */
export const impatientClient: Readonly<Record<string, string>> = {
  'request.timeout.ms': '1000',
  'delivery.timeout.ms': '60000',
  'retry.backoff.ms': '10',
  'reconnect.backoff.ms': '10',
  'reconnect.backoff.max.ms': '100',
}
