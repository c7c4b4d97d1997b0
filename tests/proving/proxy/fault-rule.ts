/** Faults as data: what goes wrong, where and how often. */

export type Direction = 'request' | 'response' | 'both'

/** `before-response`: the broker did the work and answered, and nobody hears of it. */
export type CutPoint = 'before-request' | 'mid-request' | 'before-response' | 'mid-response'

export type Fault =
  /** Closes the connection at that point of the request. */
  | { readonly kind: 'cut'; readonly at: CutPoint }
  /** Holds the frame, and whatever is behind it in its direction, for a time drawn from the range. */
  | { readonly kind: 'delay'; readonly direction: Direction; readonly minMs: number; readonly maxMs: number }
  /** From this request on the connection has that bandwidth, for `forMs` or until it ends. */
  | { readonly kind: 'throttle'; readonly direction: Direction; readonly bytesPerSecond: number; readonly forMs?: number }
  /** From this request on bytes vanish without a word; after `forMs` the connection is cut. */
  | { readonly kind: 'half-open'; readonly direction: Direction; readonly forMs?: number }
  /** Nothing passes through the node any more, on any connection, for `forMs`. */
  | { readonly kind: 'stall'; readonly forMs: number }
  /** A new connection is reset. Rules of this kind count connections instead of requests. */
  | { readonly kind: 'refuse' }

export interface FaultRule {
  /** Unique within a proxy: reports and the seed's draws go by it. */
  readonly name: string
  readonly fault: Fault
  /** Kafka's names of the APIs whose requests it sees; all when absent. */
  readonly apis?: readonly string[]
  /** The ids of the nodes whose requests it sees; all when absent. */
  readonly nodes?: readonly number[]
  /** Fires for every Nth that it sees, or each with a probability; for each one when neither is given. */
  readonly everyNth?: number
  readonly probability?: number
  /** How many go by unharmed first. Default 0. */
  readonly skip?: number
  /** Default: without limit. */
  readonly maxTimes?: number
}

/** Throws RangeError for a rule that says nothing sensible. */
export function checkRules(rules: readonly FaultRule[]): void {
  const names = new Set<string>()
  for (const { name, everyNth, probability } of rules) {
    if (names.has(name)) throw new RangeError(`two rules are called ${name}`)
    names.add(name)
    if (everyNth !== undefined && probability !== undefined) throw new RangeError(`${name} has both everyNth and probability`)
    if (everyNth !== undefined && !(Number.isInteger(everyNth) && everyNth > 0)) throw new RangeError(`${name}: everyNth is ${everyNth}`)
    if (probability !== undefined && !(probability > 0 && probability <= 1)) throw new RangeError(`${name}: probability is ${probability}`)
  }
}
