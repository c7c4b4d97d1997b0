// Which rule fires when: by ordinal, by seed, by API and node; and what counts as fired.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startFaultProxy } from './proxy/fault-proxy.ts'
import type { FaultRule } from './proxy/fault-rule.ts'
import { runWithFaults } from './proxy/faulty-run.ts'
import { RuleBook } from './proxy/rule-book.ts'
import { RawClient, requestFrame, responseTo, startStubBroker } from './raw-peers.ts'

const PRODUCE = 0
const FETCH = 1
const cut = { kind: 'cut', at: 'before-request' } as const

function firings(rule: Omit<FaultRule, 'name' | 'fault'>, seed: number, requests = 40): number[] {
  const book = new RuleBook([{ name: 'rule', fault: cut, ...rule }], seed)
  const ordinals: number[] = []
  for (let ordinal = 1; ordinal <= requests; ordinal++) {
    for (const decision of book.decideRequest(PRODUCE, 1)) {
      decision.fire()
      ordinals.push(ordinal)
    }
  }
  return ordinals
}

describe('a rule', () => {
  it('fires every Nth time, after those it skips, as often as it may', () => {
    assert.deepEqual(firings({ everyNth: 10 }, 1), [10, 20, 30, 40])
    assert.deepEqual(firings({ everyNth: 10, skip: 3 }, 1), [13, 23, 33])
    assert.deepEqual(firings({ skip: 5, maxTimes: 2 }, 1), [6, 7])
  })

  it('with a probability fires as the seed says: the same again, and otherwise for another seed', () => {
    const first = firings({ probability: 0.2 }, 7, 1000)
    assert.deepEqual(firings({ probability: 0.2 }, 7, 1000), first)
    assert.notDeepEqual(firings({ probability: 0.2 }, 8, 1000), first)
    assert.ok(first.length > 150 && first.length < 250, `${first.length} of 1000`)
  })

  it('draws by its own ordinal alone, whatever other rules there are', () => {
    const alone = firings({ probability: 0.3 }, 7)
    const rules: FaultRule[] = [
      { name: 'other', fault: { kind: 'stall', forMs: 1 }, probability: 0.5, apis: ['Fetch'] },
      { name: 'rule', fault: cut, probability: 0.3, apis: ['Produce'] },
    ]
    const book = new RuleBook(rules, 7)
    const among: number[] = []
    for (let ordinal = 1; ordinal <= 40; ordinal++) {
      book.decideRequest(FETCH, 1)
      if (book.decideRequest(PRODUCE, 1).length > 0) among.push(ordinal)
    }
    assert.deepEqual(among, alone)
  })

  it('sees only its APIs and its nodes', () => {
    const book = new RuleBook([{ name: 'rule', fault: cut, apis: ['Fetch'], nodes: [2] }], 1)
    assert.equal(book.decideRequest(PRODUCE, 2).length, 0)
    assert.equal(book.decideRequest(FETCH, 1).length, 0)
    assert.equal(book.decideRequest(FETCH, undefined).length, 0)
    assert.equal(book.decideRequest(FETCH, 2).length, 1)
    assert.deepEqual(book.counts(), [{ name: 'rule', seen: 1, fired: 0 }])
  })

  it('that was decided and never took effect does not count, and gets another chance', () => {
    const book = new RuleBook([{ name: 'rule', fault: cut, maxTimes: 1 }], 1)
    const [first] = book.decideRequest(PRODUCE, 1)
    assert.deepEqual(book.decideRequest(PRODUCE, 1), [])
    first?.abandon()
    first?.fire()
    const [second] = book.decideRequest(PRODUCE, 1)
    second?.fire()
    second?.fire()
    assert.deepEqual(book.counts(), [{ name: 'rule', seen: 3, fired: 1 }])
    assert.deepEqual(book.decideRequest(PRODUCE, 1), [])
  })

  it('must make sense', async () => {
    const nonsense: readonly (readonly FaultRule[])[] = [
      [
        { name: 'twice', fault: cut },
        { name: 'twice', fault: cut },
      ],
      [{ name: 'both', fault: cut, everyNth: 2, probability: 0.5 }],
      [{ name: 'zeroth', fault: cut, everyNth: 0 }],
      [{ name: 'surely', fault: cut, probability: 1.5 }],
    ]
    for (const rules of nonsense) await assert.rejects(startFaultProxy({ bootstrapServers: '127.0.0.1:1', rules }), RangeError)
  })
})

describe('a run behind the proxy', () => {
  const rules: readonly FaultRule[] = [
    { name: 'lost', fault: { kind: 'cut', at: 'before-response' }, apis: ['Produce'], maxTimes: 1 },
    { name: 'idle', fault: cut, apis: ['Fetch'] },
  ]

  it('prints how often each fault fired, and fails when one never did', async () => {
    await using broker = await startStubBroker()
    const printed: string[] = []
    const print = (line: string): void => void printed.push(line)
    const play = (apiKey: number) =>
      runWithFaults({ bootstrapServers: broker.bootstrapServers, rules, seed: 3, print }, async ({ bootstrapServers }) => {
        for (const key of [PRODUCE, apiKey]) {
          using client = new RawClient(bootstrapServers)
          client.send(requestFrame(1, { apiKey: key }))
          await Promise.race([client.closed, client.received(1)])
        }
      })
    await assert.rejects(play(PRODUCE), /never fired: idle/)
    await play(FETCH)
    assert.deepEqual(printed, ['faults of seed 3: lost 1 of 2, idle 0 of 0', 'faults of seed 3: lost 1 of 1, idle 1 of 1'])
  })

  it('a request without a response, as with acks=0, gives its fault back', async () => {
    const answer = (request: Buffer): Buffer | undefined => (request.readInt32BE(8) === 1 ? undefined : responseTo(request))
    await using broker = await startStubBroker(answer)
    await using proxy = await startFaultProxy({ bootstrapServers: broker.bootstrapServers, rules: rules.slice(0, 1) })
    using client = new RawClient(proxy.bootstrapServers)
    client.send(requestFrame(1, { apiKey: PRODUCE }), requestFrame(2, { apiKey: PRODUCE }))
    await client.received(1)
    assert.equal(proxy.fired('lost'), 0)
    client.send(requestFrame(3, { apiKey: PRODUCE }))
    await client.closed
    assert.equal(proxy.fired('lost'), 1)
  })
})
