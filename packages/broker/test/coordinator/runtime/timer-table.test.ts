import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimerTable } from '../../../src/coordinator/runtime/timer-table.ts'
import { ManualClock } from '../support/manual-clock.ts'

test('a timer fires once, at its time', async () => {
  const clock = new ManualClock()
  const timers = new TimerTable(clock)
  const fired: number[] = []
  timers.set('a', 1000, () => fired.push(clock.monotonicMs()))
  await clock.advance(999)
  assert.deepEqual(fired, [])
  await clock.advance(5000)
  assert.deepEqual(fired, [1000])
  assert.equal(timers.size, 0)
})

test('moving a deadline later keeps the timer that runs, and fires at the new time', async () => {
  const clock = new ManualClock()
  const timers = new TimerTable(clock)
  const fired: number[] = []
  const fire = (): void => void fired.push(clock.monotonicMs())
  timers.set('a', 1000, fire)
  for (let beat = 0; beat < 5; beat++) {
    await clock.advance(600)
    timers.set('a', 1000, fire)
    assert.equal(clock.pendingTimers, 1)
  }
  await clock.advance(999)
  assert.deepEqual(fired, [])
  await clock.advance(1)
  assert.deepEqual(fired, [4000])
})

test('moving a deadline earlier fires at the earlier time', async () => {
  const clock = new ManualClock()
  const timers = new TimerTable(clock)
  const fired: number[] = []
  timers.set('a', 10_000, () => assert.fail('replaced'))
  timers.set('a', 100, () => fired.push(clock.monotonicMs()))
  await clock.advance(20_000)
  assert.deepEqual(fired, [100])
})

test('cancelled timers do not fire', async () => {
  const clock = new ManualClock()
  const timers = new TimerTable(clock)
  timers.set('a', 100, () => assert.fail('cancelled'))
  timers.set('b', 100, () => assert.fail('cleared'))
  timers.cancel('a')
  assert.equal(timers.has('a'), false)
  timers.clear()
  await clock.advance(1000)
  assert.equal(clock.pendingTimers, 0)
})
