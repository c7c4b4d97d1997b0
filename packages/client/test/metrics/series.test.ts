import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MetricRegistry } from '../../src/metrics/registry.ts'
import { Series } from '../../src/metrics/series.ts'

const HOUR_MS = 3_600_000

function start() {
  const clock = { now: 0 }
  const registry = new MetricRegistry({ 'client-id': 'c' }, { windowMs: 1000, samples: 2, nowMs: () => clock.now })
  const series = new Series(registry, 'g', (scope) => scope.meter('byte'))
  const topics = (): (string | undefined)[] => registry.read().flatMap(({ name, tags }) => (name === 'byte-total' ? [tags['topic']] : []))
  const use = (topic: string): void => series.get(topic, () => ({ topic })).record(1)
  return { clock, registry, series, topics, use }
}

describe('series', () => {
  it('has one set of figures a key, with its tags', () => {
    const { registry, use } = start()
    use('a')
    use('a')
    assert.deepEqual(
      registry.read().find(({ name }) => name === 'byte-total'),
      { name: 'byte-total', group: 'g', tags: { 'client-id': 'c', topic: 'a' }, value: 2 },
    )
  })

  it('drops what has not been used for an hour', () => {
    const { clock, topics, use } = start()
    use('a')
    use('b')
    clock.now = HOUR_MS / 2
    use('a')
    clock.now = HOUR_MS
    assert.deepEqual(topics(), ['a'])
    clock.now = HOUR_MS * 1.5
    assert.deepEqual(topics(), [])
  })

  it('makes room for the thousand and first by dropping the one unused for longest', () => {
    const { clock, topics, use } = start()
    for (let index = 0; index < 1000; index++) use(`t${index}`)
    clock.now = 1000
    use('t0')
    use('new')
    const kept = topics()
    assert.equal(kept.length, 1000)
    assert.ok(kept.includes('t0') && kept.includes('new') && !kept.includes('t1'))
  })

  it('retains only what is current when told so', () => {
    const { series, topics, use } = start()
    use('a')
    use('b')
    series.retain((key) => key === 'b')
    assert.deepEqual(topics(), ['b'])
  })
})
