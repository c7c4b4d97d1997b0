import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerTopicMetrics } from '../../src/metrics/broker-topic-metrics.ts'
import { Histogram } from '../../src/metrics/histogram.ts'
import { metricName, MetricsRegistry } from '../../src/metrics/registry.ts'

test('percentiles are right to within a tenth, and never above the maximum', () => {
  const histogram = new Histogram()
  for (let value = 1; value <= 1000; value++) histogram.record(value)
  assert.equal(histogram.count, 1000)
  assert.equal(histogram.mean, 500.5)
  for (const quantile of [0.01, 0.5, 0.9, 0.99]) {
    const error = Math.abs(histogram.percentile(quantile) - quantile * 1000) / (quantile * 1000)
    assert.ok(error <= 0.1, `${quantile}: off by ${error}`)
  }
  assert.equal(histogram.percentile(1), 1000)
  assert.equal(new Histogram().percentile(0.5), 0)
})

test("metrics are found under Kafka's names", () => {
  const registry = new MetricsRegistry()
  const topics = new BrokerTopicMetrics(registry)
  topics.mark('orders', 'MessagesInPerSec', 5)
  topics.mark('bills', 'MessagesInPerSec')
  assert.equal(registry.value('kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec'), 6)
  assert.equal(registry.value('kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=orders'), 5)
  topics.remove('orders')
  assert.equal(registry.value('kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=orders'), undefined)
  registry.gauge(metricName('g', 't', 'n'), () => 42)
  assert.equal(registry.value('g:type=t,name=n'), 42)
})
