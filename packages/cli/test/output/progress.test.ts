import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProgressLine } from '../../src/output/progress.ts'

function recorder(isTTY: boolean): { stream: { isTTY: boolean; columns: number; write(text: string): void }; written: string[] } {
  const written: string[] = []
  return { stream: { isTTY, columns: 20, write: (text) => void written.push(text) }, written }
}

test('on a terminal the line is redrawn in place, cut to the width, and gone at the end', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { stream, written } = recorder(true)
  const progress = new ProgressLine(() => 'a line of progress that is too long', stream)
  t.mock.timers.tick(200)
  assert.deepEqual(written, ['\r\u001B[K', 'a line of progress '])
  progress[Symbol.dispose]()
  t.mock.timers.tick(1000)
  assert.deepEqual(written.slice(2), ['\r\u001B[K'])
})

test('a message stays above the line', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { stream, written } = recorder(true)
  using progress = new ProgressLine(() => 'going', stream)
  progress.say('line 3: no key separator')
  assert.equal(written.join(''), '\r\u001B[Kline 3: no key separator\n\r\u001B[Kgoing')
})

test('elsewhere only messages are written', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { stream, written } = recorder(false)
  const progress = new ProgressLine(() => 'going', stream)
  t.mock.timers.tick(1000)
  progress.say('line 3: no key separator')
  progress[Symbol.dispose]()
  assert.deepEqual(written, ['line 3: no key separator\n'])
})
