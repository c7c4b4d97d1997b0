import assert from 'node:assert/strict'
import { it } from 'node:test'
import { TopicPattern } from '../../src/consumer/topic-pattern.ts'

function topic(name: string, internal = false) {
  return { topic: name, topicId: 'id', internal, errorCode: 0, partitions: [], available: [] }
}

const topics = [topic('orders-eu'), topic('orders-us'), topic('payments'), topic('__consumer_offsets', true)]

it('a pattern means the topics that it matches somewhere, in the order of their names', () => {
  assert.deepEqual(new TopicPattern(/orders/, true).matching(topics), ['orders-eu', 'orders-us'])
  assert.deepEqual(new TopicPattern(/^orders$/, true).matching(topics), [])
  assert.deepEqual(new TopicPattern(/-us$/i, true).matching([...topics].reverse()), ['orders-us'])
})

it('leaves internal topics out, or not', () => {
  assert.deepEqual(new TopicPattern(/offsets|pay/, true).matching(topics), ['payments'])
  assert.deepEqual(new TopicPattern(/offsets|pay/, false).matching(topics), ['__consumer_offsets', 'payments'])
})

it('a pattern with a memory forgets', () => {
  const pattern = new TopicPattern(/orders/g, true)
  for (let i = 0; i < 3; i++) assert.equal(pattern.matching(topics).length, 2)
})
