/** Owns which rule fires for which request, and how often each has fired. */

import { apiByKey } from '@odradek/protocol'
import { RandomStream } from '@odradek/runtime/sim'
import { checkRules, type Fault, type FaultRule } from './fault-rule.ts'

/** How often a fault was possible and how often it happened. */
export interface FaultCount {
  readonly name: string
  readonly seen: number
  readonly fired: number
}

/** A rule that has decided to strike one request. It counts once `fire` is called: what never took effect is no fault. */
export class Decision {
  readonly fault: Fault
  /** Seeded by rule and ordinal, for whatever else the fault has to draw. */
  readonly random: RandomStream
  readonly #entry: RuleEntry
  #isPending = true

  constructor(entry: RuleEntry, random: RandomStream) {
    this.fault = entry.rule.fault
    this.random = random
    this.#entry = entry
    entry.pending += 1
  }

  fire(): void {
    if (this.abandon()) this.#entry.fired += 1
  }

  /** The occasion has passed, so the rule may strike another time. Says whether the decision still stood. */
  abandon(): boolean {
    const wasPending = this.#isPending
    if (wasPending) this.#entry.pending -= 1
    this.#isPending = false
    return wasPending
  }
}

interface RuleEntry {
  readonly rule: FaultRule
  seen: number
  fired: number
  pending: number
}

export class RuleBook {
  readonly #seed: number
  readonly #entries: readonly RuleEntry[]
  #isOn = true

  constructor(rules: readonly FaultRule[], seed: number) {
    checkRules(rules)
    this.#seed = seed
    this.#entries = rules.map((rule) => ({ rule, seen: 0, fired: 0, pending: 0 }))
  }

  /** From now on no rule strikes, or sees anything. */
  disable(): void {
    this.#isOn = false
  }

  decideRequest(apiKey: number, nodeId: number | undefined): Decision[] {
    const api = apiByKey(apiKey)?.name ?? String(apiKey)
    return this.#decide(({ fault, apis, nodes }) => fault.kind !== 'refuse' && (apis?.includes(api) ?? true) && isOf(nodes, nodeId))
  }

  decideConnection(nodeId: number | undefined): Decision[] {
    return this.#decide(({ fault, nodes }) => fault.kind === 'refuse' && isOf(nodes, nodeId))
  }

  counts(): FaultCount[] {
    return this.#entries.map(({ rule, seen, fired }) => ({ name: rule.name, seen, fired }))
  }

  #decide(concerns: (rule: FaultRule) => boolean): Decision[] {
    if (!this.#isOn) return []
    const decisions: Decision[] = []
    for (const entry of this.#entries) {
      if (!concerns(entry.rule)) continue
      entry.seen += 1
      const random = new RandomStream(this.#seed, `${entry.rule.name}/${entry.seen}`)
      if (strikes(entry, random)) decisions.push(new Decision(entry, random))
    }
    return decisions
  }
}

function strikes({ rule, seen, fired, pending }: RuleEntry, random: RandomStream): boolean {
  const ordinal = seen - (rule.skip ?? 0)
  if (ordinal <= 0 || fired + pending >= (rule.maxTimes ?? Infinity)) return false
  if (rule.probability !== undefined) return random.chance(rule.probability)
  return ordinal % (rule.everyNth ?? 1) === 0
}

function isOf(nodes: readonly number[] | undefined, nodeId: number | undefined): boolean {
  return nodes === undefined || (nodeId !== undefined && nodes.includes(nodeId))
}
