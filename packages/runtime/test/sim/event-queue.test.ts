import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventQueue, type SimEvent } from '../../src/sim/event-queue.ts'
import { RandomStream } from '../../src/sim/random-stream.ts'

const nothing = (): void => undefined

function drain(queue: EventQueue): SimEvent[] {
  const events: SimEvent[] = []
  for (let event = queue.pop(); event !== undefined; event = queue.pop()) events.push(event)
  return events
}

describe('the event queue', () => {
  it('gives events by time, and by age among those of one time', () => {
    const random = new RandomStream(1, 'queue')
    const queue = new EventQueue()
    for (let count = 0; count < 2000; count++) queue.push(random.int(100), 'timer', undefined, nothing)
    const events = drain(queue)
    assert.equal(events.length, 2000)
    const sorted = [...events].sort((left, right) => left.atUs - right.atUs || left.sequence - right.sequence)
    assert.deepEqual(events, sorted)
  })

  it('skips what was cancelled, at the head, in the middle and in bulk', () => {
    const queue = new EventQueue()
    const events = Array.from({ length: 1000 }, (_, index) => queue.push(index, 'timer', undefined, nothing))
    for (const event of events) if (event.sequence % 10 !== 3) queue.cancel(event)
    assert.equal(queue.size, 100)
    assert.equal(queue.nextAtUs(), 3)
    assert.equal([...queue.pending()].length, 100)
    const times = drain(queue).map((event) => event.atUs)
    assert.deepEqual(
      times,
      Array.from({ length: 100 }, (_, index) => index * 10 + 3),
    )
    assert.equal(queue.size, 0)
    assert.equal(queue.pop(), undefined)
    assert.equal(queue.nextAtUs(), undefined)
  })

  it('cancels an event once', () => {
    const queue = new EventQueue()
    const event = queue.push(1, 'timer', undefined, nothing)
    queue.push(2, 'timer', undefined, nothing)
    queue.cancel(event)
    queue.cancel(event)
    assert.equal(queue.size, 1)
  })
})
