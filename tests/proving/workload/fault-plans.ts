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

/** All of the above at once. */
export const everyFault: readonly FaultRule[] = [...cutsAndDelays, ...lostPeers]

/** Configuration with which a client gets over the above within seconds. */
export const impatientClient: Readonly<Record<string, string>> = {
  'request.timeout.ms': '1000',
  'delivery.timeout.ms': '60000',
  'retry.backoff.ms': '10',
  'reconnect.backoff.ms': '10',
  'reconnect.backoff.max.ms': '100',
}

/** Whatever the request is, its connection may end or its frames come late. */
export const cutsEverywhere: readonly FaultRule[] = [
  { name: 'request lost', fault: { kind: 'cut', at: 'before-request' }, probability: 0.02 },
  { name: 'request torn', fault: { kind: 'cut', at: 'mid-request' }, probability: 0.01 },
  { name: 'response lost', fault: { kind: 'cut', at: 'before-response' }, probability: 0.02 },
  { name: 'response torn', fault: { kind: 'cut', at: 'mid-response' }, probability: 0.01 },
  { name: 'delayed', fault: { kind: 'delay', direction: 'both', minMs: 1, maxMs: 30 }, probability: 0.1 },
  // A member id that nobody got to know holds a rebalance up until its session ends: not too many of them.
  { name: 'join lost', fault: { kind: 'cut', at: 'before-response' }, apis: ['JoinGroup'], everyNth: 5, maxTimes: 3 },
  { name: 'sync lost', fault: { kind: 'cut', at: 'before-response' }, apis: ['SyncGroup'], everyNth: 3, maxTimes: 5 },
  { name: 'commit lost', fault: { kind: 'cut', at: 'before-response' }, apis: ['OffsetCommit'], everyNth: 15 },
  { name: 'heartbeat lost', fault: { kind: 'cut', at: 'before-request' }, apis: ['Heartbeat'], everyNth: 3 },
]

/** A consumer's configuration in which seconds are long; the broker must allow such sessions, see `nervousBroker`. */
export const nervousConsumer: Readonly<Record<string, string>> = {
  'session.timeout.ms': '3000',
  'heartbeat.interval.ms': '200',
  'fetch.max.wait.ms': '100',
  'max.poll.records': '50',
  'request.timeout.ms': '2000',
  'retry.backoff.ms': '10',
  'reconnect.backoff.ms': '10',
  'reconnect.backoff.max.ms': '100',
}

export const nervousBroker: Readonly<Record<string, string>> = { 'group.min.session.timeout.ms': '1000' }

/** Requests that take longer than records live. */
export const longSilences: readonly FaultRule[] = [
  { name: 'stalled', fault: { kind: 'stall', forMs: 1500 }, apis, skip: 30, everyNth: 60, maxTimes: 2 },
  { name: 'response swallowed', fault: { kind: 'half-open', direction: 'response' }, apis, skip: 20, everyNth: 50, maxTimes: 3 },
  { name: 'request swallowed', fault: { kind: 'half-open', direction: 'request' }, apis, skip: 40, everyNth: 50, maxTimes: 3 },
  { name: 'answer lost', fault: { kind: 'cut', at: 'before-response' }, apis, probability: 0.05 },
]

/** As `impatientClient`, and records are given up within a second. */
export const forgetfulClient: Readonly<Record<string, string>> = {
  ...impatientClient,
  'request.timeout.ms': '400',
  'delivery.timeout.ms': '900',
}
